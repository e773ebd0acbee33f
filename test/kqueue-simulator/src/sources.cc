#include "sources.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "kernel_calls.h"

namespace simulator {
namespace {

uint32_t MaskOf(Direction direction) {
  switch (direction) {
    case Direction::kWrite:
      return EPOLLOUT | EPOLLET;
    case Direction::kExcept:
      return EPOLLPRI | EPOLLIN | EPOLLRDHUP | EPOLLET;
    default:
      return EPOLLIN | EPOLLRDHUP | EPOLLET;
  }
}

int Control(int set, int operation, int fd, uint32_t mask, uint64_t id) {
  epoll_event event = {};
  event.events = mask;
  event.data.u64 = id;
  return EpollControl(set, operation, fd, &event) == 0 ? 0 : errno;
}

void DrainSet(int set, std::vector<uint64_t>* ids) {
  epoll_event events[64];
  int count;
  do {
    count = EpollTake(set, events, 64);
    for (int i = 0; i < count; i++) {
      if (events[i].data.u64 >= Sources::kFirstKnoteId) ids->push_back(events[i].data.u64);
    }
  } while (count == 64);
}

}  // namespace

int Sources::Open(int* public_fd) {
  const int fd = epoll_create1(0);
  if (fd < 0) return errno;
  int error = bell_.Take(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (error == 0) error = clock_.Take(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  for (PrivateFd* set : {&armed_write_, &armed_except_, &parked_[0], &parked_[1], &parked_[2]}) {
    if (error == 0) error = set->Take(epoll_create1(EPOLL_CLOEXEC));
  }
  for (const PrivateFd* part : {&bell_, &clock_}) {
    if (error == 0) error = Control(fd, EPOLL_CTL_ADD, part->get(), EPOLLIN, 0);
  }
  if (error != 0) {
    Close();
    syscall(SYS_close, fd);
    return error;
  }
  *public_fd = public_fd_ = fd;
  return 0;
}

void Sources::Close() {
  for (PrivateFd* fd : {&bell_, &clock_, &armed_write_, &armed_except_, &parked_[0], &parked_[1], &parked_[2]}) {
    fd->Reset();
  }
}

// epoll_ctl(2) finds a registration by descriptor number and open file. The bell is registered in one epoll set only,
// and changing a level-triggered registration to what it is already has no effect.
bool Sources::IsPublic(int fd) const { return Control(fd, EPOLL_CTL_MOD, bell_.get(), EPOLLIN, 0) == 0; }

int Sources::Set(Direction direction, Place place) const {
  if (place == Place::kParked) return parked_[static_cast<int>(direction) - 1].get();
  if (direction == Direction::kWrite) return armed_write_.get();
  if (direction == Direction::kExcept) return armed_except_.get();
  return public_fd_;
}

// A set becomes part of the kqueue when it is first needed: each level of epoll sets counts against the depth to which
// kqueues can be nested.
int Sources::Attach(int set) {
  if (set == public_fd_) return 0;
  const int error = Control(public_fd_, EPOLL_CTL_ADD, set, EPOLLIN, 0);
  return error == EEXIST ? 0 : error;
}

// EEXIST: the number was closed while the file stayed open as a dup, and dup2 brought it back. The registration has
// survived all that and gets a new owner.
int Sources::Add(int fd, Direction direction, Place place, uint64_t id) {
  const int set = Set(direction, place);
  const int attached = place == Place::kArmed ? Attach(set) : 0;
  if (attached != 0) return attached;
  const int error = Control(set, EPOLL_CTL_ADD, fd, MaskOf(direction), id);
  return error == EEXIST ? Control(set, EPOLL_CTL_MOD, fd, MaskOf(direction), id) : error;
}

void Sources::Remove(int fd, Direction direction, Place place) const {
  Control(Set(direction, place), EPOLL_CTL_DEL, fd, 0, 0);
}

// Adding is the question without side effects: EEXIST says that number and file are the registered ones.
// EPOLL_CTL_MOD would answer too, but re-arms an edge-triggered registration.
bool Sources::Holds(int fd, Direction direction, Place place) const {
  const int set = Set(direction, place);
  const int error = Control(set, EPOLL_CTL_ADD, fd, EPOLLET, 0);
  if (error == 0) Control(set, EPOLL_CTL_DEL, fd, 0, 0);
  return error == EEXIST;
}

void Sources::Drain(std::vector<uint64_t>* ids) {
  DrainSet(public_fd_, ids);
  for (const PrivateFd* set : {&armed_write_, &armed_except_, &parked_[0], &parked_[1], &parked_[2]}) {
    DrainSet(set->get(), ids);
  }
}

void Sources::Ring(bool on) {
  if (ringing_ == on) return;
  ringing_ = on;
  eventfd_t value = 1;
  if (on) {
    eventfd_write(bell_.get(), value);
  } else {
    eventfd_read(bell_.get(), &value);
  }
}

void Sources::WakeAt(int64_t deadline_ns) {
  if (deadline_ns == wake_at_ns_) return;
  wake_at_ns_ = deadline_ns;
  itimerspec timer = {};
  timer.it_value.tv_sec = deadline_ns / 1000000000;
  timer.it_value.tv_nsec = deadline_ns % 1000000000;
  timerfd_settime(clock_.get(), TFD_TIMER_ABSTIME, &timer, nullptr);
}

}  // namespace simulator

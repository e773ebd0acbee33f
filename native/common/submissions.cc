#include "submissions.h"

#include <errno.h>
#include <sys/socket.h>

#include <cstdlib>
#include <cstring>

#include "allocation.h"
#include "message_flags.h"
#include "os_calls.h"
#include "retry.h"
#include "write_state.h"

namespace pollux {
namespace {

constexpr int32_t kFree = -1;

bool IsWrite(const Submission& call) {
  return call.operation == Operation::kWrite || call.operation == Operation::kSend;
}

size_t TableSize(uint32_t capacity) { return size_t{2} * capacity; }

// −1 with errno, as the system call.
ssize_t Call(const Submission& call, void* data, size_t length, WriteState& state) {
  const int flags = ToKernelFlags(call.flags);
  if (flags < 0) {
    errno = EOPNOTSUPP;
    return -1;
  }
  switch (call.operation) {
    case Operation::kRead:
      return ReadInto(call.fd, data, length);
    case Operation::kWrite: {
      const iovec part = {data, length};
      return WriteParts(call.fd, &part, 1, state);
    }
    case Operation::kReceive:
      return RetryOnSignal([&] { return recv(call.fd, data, length, flags); });
    case Operation::kSend:
      return RetryOnSignal([&] { return send(call.fd, data, length, flags | kNoSignal); });
  }
  errno = EINVAL;
  return -1;
}

}  // namespace

Submissions* Submissions::Open(Submission* calls, uint32_t capacity) {
  auto* views = static_cast<Extent*>(calloc(capacity + kKeptViews, sizeof(Extent)));
  auto* stopped = static_cast<int32_t*>(malloc(TableSize(capacity) * sizeof(int32_t)));
  Submissions* submissions = nullptr;
  if (views != nullptr && stopped != nullptr) submissions = Create<Submissions>(calls, capacity, views, stopped);
  if (submissions != nullptr) return submissions;
  free(views);
  free(stopped);
  return nullptr;
}

Submissions::Submissions(Submission* calls, uint32_t capacity, Extent* views, int32_t* stopped)
    : calls_(calls), capacity_(capacity), views_(views), stopped_(stopped) {
  memset(stopped_, 0xff, TableSize(capacity_) * sizeof(int32_t));
}

Submissions::~Submissions() {
  free(views_);
  free(stopped_);
}

void Submissions::Run(uint32_t first, uint32_t end, WriteState& state) {
  for (uint32_t i = first; i < end && i < capacity_; i++) Make(calls_[i], state);
  if (stopped_count_ == 0) return;
  stopped_count_ = 0;
  memset(stopped_, 0xff, TableSize(capacity_) * sizeof(int32_t));
}

void Submissions::Make(Submission& call, WriteState& state) {
  const Extent view = static_cast<uint32_t>(call.view) < most_views() ? views_[call.view] : Extent{nullptr, 0};
  const uint64_t offset = uint64_t{call.offset_high} << 32 | call.offset_low;
  const auto length = static_cast<size_t>(call.length < 0 ? 0 : call.length);
  call.failure = 0;
  if (offset > view.length || length > view.length - offset) {
    call.result = kFailed;
    call.failure = EFAULT;
    return;
  }
  const bool is_write = IsWrite(call);
  if (is_write && HasStopped(call.fd)) {
    call.result = kBlocked;
    return;
  }
  const ssize_t count = Call(call, static_cast<char*>(view.data) + offset, length, state);
  if (count >= 0) {
    call.result = static_cast<int32_t>(count);
    if (is_write && static_cast<size_t>(count) < length) Stop(call.fd);
  } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
    call.result = kBlocked;
    if (is_write) Stop(call.fd);
  } else {
    call.result = kFailed;
    call.failure = errno;
  }
}

bool Submissions::HasStopped(int32_t fd) const { return stopped_count_ > 0 && stopped_[SlotOf(fd)] == fd; }

void Submissions::Stop(int32_t fd) {
  stopped_[SlotOf(fd)] = fd;
  stopped_count_++;
}

// Where `fd` is, or belongs. There is always a free place: each call stops one descriptor at most.
uint32_t Submissions::SlotOf(int32_t fd) const {
  const auto size = static_cast<uint32_t>(TableSize(capacity_));
  uint32_t slot = static_cast<uint32_t>(fd) % size;
  while (stopped_[slot] != kFree && stopped_[slot] != fd) slot = slot + 1 == size ? 0 : slot + 1;
  return slot;
}

}  // namespace pollux

// What a poller costs by the number of its registrations: registry, bookkeeping of the backend and batch, without
// JavaScript, by the protocol of the probes: a line in, a line of JSON out. Processor time of this process, in
// nanoseconds.
//
//   million stand-in|kernel DESCRIPTORS ACTIVE    ACTIVE of the descriptors are ready, evenly spread
//   control LOOPS     each loop adds, modifies and removes all descriptors, in the order of their numbers
//   shuffled LOOPS    the same in another order
//   wait LOOPS        waits and looks at each event
//   others LOOPS      the same with other descriptors ready each time; on the stand-in only
//   counts            the calls of the kernel so far, and the bytes of the registrations
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "../../native/common/backend.h"
#include "../../native/common/os_calls.h"
#include "stand_in.h"

namespace pollux {

// What the waker opens where eventfd(2) is refused.
SysError OpenPipe(int ends[2]) { return pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0 ? SysError{1, "pipe2"} : SysError{}; }

}  // namespace pollux

namespace {

using pollux::Backend;
using pollux::Event;
using pollux::RecordBuffer;

constexpr int kCapacity = 1024;
constexpr int kFirst = 16;  // above the descriptors that the program has itself
constexpr int kOtherBatches = 1024;

[[noreturn]] void Fail(const char* call) {
  perror(call);
  exit(1);
}

void Check(pollux::SysError error) {
  if (!error) return;
  fprintf(stderr, "%s: %s\n", error.syscall, strerror(error.code));
  exit(1);
}

int64_t CpuNs() {
  timespec time;
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) < 0) Fail("clock_gettime");
  return static_cast<int64_t>(time.tv_sec) * 1000000000 + time.tv_nsec;
}

class Program {
 public:
  Program(bool is_kernel, int descriptors, int active) : active_(active) {
    Check(pollux::Open(&ready_));
    Check(pollux::Open(&changing_));
    buffer_ = pollux::NewRecordBuffer(kCapacity);
    if (!is_kernel) stand_in::Begin();
    fds_.reserve(static_cast<size_t>(descriptors));
    for (int i = 0; i < descriptors; i++) fds_.push_back(is_kernel ? OpenOne(i, descriptors) : kFirst + i);
    shuffled_ = fds_;
    uint32_t random = 1;
    for (size_t i = shuffled_.size(); i > 1; i--) {
      random = random * 1664525 + 1013904223;
      std::swap(shuffled_[i - 1], shuffled_[random % i]);
    }
    if (!is_kernel) stand_in::Capture(kFirst + descriptors);
    const int64_t bytes_before = stand_in::counts.bytes;
    Register();
    bytes_ = stand_in::counts.bytes - bytes_before;
    stand_in::Capture(0);
    if (!is_kernel) PrepareBatches(descriptors);
  }

  void Control(const std::vector<int>& fds, int64_t loops) {
    int64_t spent[3] = {0, 0, 0};
    uint32_t generation = 0;
    for (int64_t loop = 0; loop < loops; loop++) {
      const int64_t start = CpuNs();
      for (const int fd : fds) Check(pollux::Add(changing_, fd, pollux::kReadable, &generation));
      const int64_t added = CpuNs();
      for (const int fd : fds) Check(pollux::Modify(changing_, fd, pollux::kReadable, &generation));
      const int64_t modified = CpuNs();
      for (const int fd : fds) Check(pollux::Remove(changing_, fd));
      spent[0] += added - start;
      spent[1] += modified - added;
      spent[2] += CpuNs() - modified;
    }
    printf("{\"addNs\":%lld,\"modifyNs\":%lld,\"removeNs\":%lld}\n", static_cast<long long>(spent[0]),
           static_cast<long long>(spent[1]), static_cast<long long>(spent[2]));
  }

  void Wait(const stand_in::Batches* batches, int64_t loops) {
    stand_in::Report(batches);
    volatile uint64_t sum = 0;
    pollux::WaitResult result;
    const int64_t start = CpuNs();
    for (int64_t loop = 0; loop < loops; loop++) {
      Check(pollux::Wait(ready_, buffer_, pollux::kPollOnly, events_, &result));
      if (result.count != active_) Fail("wait");
      for (int i = 0; i < result.count; i++) sum = sum + static_cast<uint32_t>(events_[i].fd) + events_[i].readiness;
    }
    printf("{\"waitNs\":%lld}\n", static_cast<long long>(CpuNs() - start));
  }

  void PrintCounts() const {
    const stand_in::Counts& now = stand_in::counts;
    printf("{\"registered\":%u,\"bytes\":%lld,\"changes\":%lld,\"waits\":%lld,\"other\":%lld}\n",
           pollux::RegistryOf(ready_).size(), static_cast<long long>(bytes_), static_cast<long long>(now.changes),
           static_cast<long long>(now.waits), static_cast<long long>(now.other));
  }

  void Answer(const char* line) {
    const char* space = strchr(line, ' ');
    const int64_t loops = space == nullptr ? 0 : atoll(space);
    if (strncmp(line, "control", 7) == 0) Control(fds_, loops);
    if (strncmp(line, "shuffled", 8) == 0) Control(shuffled_, loops);
    if (strncmp(line, "wait", 4) == 0) Wait(same_, loops);
    if (strncmp(line, "others", 6) == 0) Wait(others_, loops);
    if (strncmp(line, "counts", 6) == 0) PrintCounts();
    fflush(stdout);
  }

 private:
  bool IsActive(int index, int descriptors) const {
    const int stride = descriptors / active_;
    return index % stride == 0 && index / stride < active_;
  }

  int OpenOne(int index, int descriptors) const {
    const int fd = eventfd(IsActive(index, descriptors) ? 1 : 0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0) Fail("eventfd");
    return fd;
  }

  void Register() {
    uint32_t generation = 0;
    for (const int fd : fds_) Check(pollux::Add(ready_, fd, pollux::kReadable, &generation));
  }

  void PrepareBatches(int descriptors) {
    std::vector<int> same;
    for (int i = 0; i < descriptors; i++) {
      if (IsActive(i, descriptors)) same.push_back(fds_[static_cast<size_t>(i)]);
    }
    std::vector<int> others(static_cast<size_t>(active_) * kOtherBatches);
    for (size_t i = 0; i < others.size(); i++) others[i] = shuffled_[i % shuffled_.size()];
    same_ = stand_in::MakeBatches(same.data(), same.size(), active_);
    others_ = stand_in::MakeBatches(others.data(), others.size(), active_);
  }

  const int active_;
  Backend* ready_ = nullptr;     // all descriptors stay registered
  Backend* changing_ = nullptr;  // none is, between two commands
  RecordBuffer* buffer_ = nullptr;
  Event events_[kCapacity];
  std::vector<int> fds_;
  std::vector<int> shuffled_;
  const stand_in::Batches* same_ = nullptr;
  const stand_in::Batches* others_ = nullptr;
  int64_t bytes_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) return 2;
  const int descriptors = atoi(arguments[2]);
  const int active = atoi(arguments[3]);
  if (descriptors < active || active < 1 || active > kCapacity) return 2;
  Program program(strcmp(arguments[1], "kernel") == 0, descriptors, active);
  char line[64];
  while (fgets(line, sizeof line, stdin) != nullptr) program.Answer(line);
  return 0;
}

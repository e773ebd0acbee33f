#include "table.h"

#include <stdio.h>
#include <string.h>

#include "../self-check/check.h"

namespace check {
namespace {

std::vector<kqueue_simulator_knote> List(const Poller& poller, int fd) {
  std::vector<kqueue_simulator_knote> all(256);
  const int count = kqueue_simulator_knotes(Descriptor(poller.backend()), all.data(), static_cast<int>(all.size()));
  REQUIRE(count >= 0 && count <= static_cast<int>(all.size()));
  std::vector<kqueue_simulator_knote> list;
  for (int i = 0; i < count; i++) {
    const kqueue_simulator_knote& knote = all[static_cast<size_t>(i)];
    const bool is_descriptor =
        knote.filter == EVFILT_READ || knote.filter == EVFILT_WRITE || knote.filter == EVFILT_EXCEPT;
    if (is_descriptor && knote.ident == static_cast<uintptr_t>(fd)) list.push_back(knote);
  }
  return list;
}

void Inject(enum kqueue_simulator_call call, int error, int nth, int times) {
  kqueue_simulator_fault fault = {};
  fault.call = call;
  fault.error = error;
  fault.nth = nth;
  fault.times = times;
  fault.this_thread_only = 1;
  REQUIRE(kqueue_simulator_inject(&fault) == 0);
}

}  // namespace

bool IsPersonality(const char* name) { return strcmp(kqueue_simulator_personality(), name) == 0; }

bool IsDuplexPipe() { return IsPersonality("freebsd") || IsPersonality("openbsd"); }

bool HasFifoWriters() { return !IsPersonality("netbsd"); }

bool TellsEndOfTerminals() { return !IsPersonality("netbsd"); }

std::vector<std::string> KnotesOf(const Poller& poller, int fd) {
  std::vector<std::string> lines;
  for (const kqueue_simulator_knote& knote : List(poller, fd)) {
    char line[96];
    snprintf(line, sizeof line, "%d %x %d %p", knote.filter, knote.flags & (EV_CLEAR | EV_DISPATCH | EV_ONESHOT),
             knote.enabled, knote.udata);
    lines.push_back(line);
  }
  return lines;
}

int CountKnotes(const Poller& poller, int fd) { return static_cast<int>(List(poller, fd).size()); }

int CountEnabled(const Poller& poller, int fd) {
  int count = 0;
  for (const kqueue_simulator_knote& knote : List(poller, fd)) count += knote.enabled;
  return count;
}

void FailChange(int error, int nth, int times) { Inject(KQUEUE_SIMULATOR_CHANGE, error, nth, times); }

void FailCall(int error, int nth, int times) { Inject(KQUEUE_SIMULATOR_KEVENT, error, nth, times); }

void FailAnswer(int error, int nth) { Inject(KQUEUE_SIMULATOR_ANSWER, error, nth, 1); }

int EndFaults() {
  const int pending = kqueue_simulator_pending_faults();
  kqueue_simulator_clear_faults();
  return pending;
}

}  // namespace check

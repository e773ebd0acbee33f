// The table of knotes of a poller, and faults in its changes.
#pragma once

#include <simulator.h>

#include <string>
#include <vector>

#include "../self-check/fixtures.h"

namespace check {

bool IsPersonality(const char* name);
// Both ends of pipe(2) are open for both directions, on FreeBSD and OpenBSD.
bool IsDuplexPipe();
// Whether the write end of a FIFO can be waited for. NetBSD attaches its filter to the other end.
bool HasFifoWriters();
// Whether a terminal reports its end: everywhere but on NetBSD.
bool TellsEndOfTerminals();

// The knotes of `fd`, in a form that can be compared: filter, delivery flags, enabled, user data.
std::vector<std::string> KnotesOf(const Poller& poller, int fd);
// How many knotes `fd` has, and how many of these are enabled.
int CountKnotes(const Poller& poller, int fd);
int CountEnabled(const Poller& poller, int fd);

// Makes `times` changes fail from the `nth` on, in the thread that calls.
void FailChange(int error, int nth, int times = 1);
void FailCall(int error, int nth, int times = 1);
// Makes the nth call with changes fail when they are done.
void FailAnswer(int error, int nth);
// Ends the faults. Returns how many of them have not occurred.
int EndFaults();

// Runs a function object before the nth kevent() of this thread from now on, once: it stands for another thread that
// acts between two calls.
template <typename Body>
class Interlude {
 public:
  Interlude(int nth, Body body) : body_(body) { kqueue_simulator_before_kevent(nth, Run, this); }
  ~Interlude() { kqueue_simulator_before_kevent(0, nullptr, nullptr); }
  Interlude(const Interlude&) = delete;
  Interlude& operator=(const Interlude&) = delete;

  bool has_run() const { return has_run_; }

 private:
  static void Run(void* self) {
    auto* interlude = static_cast<Interlude*>(self);
    interlude->has_run_ = true;
    interlude->body_();
  }

  Body body_;
  bool has_run_ = false;
};

}  // namespace check

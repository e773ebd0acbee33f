#include "faults.h"

namespace simulator {
namespace {

bool Matches(const kqueue_simulator_fault& fault, const struct kevent* change) {
  if (change == nullptr) return true;
  if (fault.filter != 0 && fault.filter != change->filter) return false;
  return fault.flags_mask == 0 || (fault.flags_mask & change->flags) != 0;
}

struct Interlude {
  int nth;
  void (*run)(void*);
  void* argument;
};

thread_local Interlude interlude = {};

}  // namespace

void SetInterlude(int nth, void (*run)(void*), void* argument) { interlude = {nth, run, argument}; }

void RunInterlude() {
  if (interlude.run == nullptr || --interlude.nth > 0) return;
  const Interlude due = interlude;
  interlude = {};
  due.run(due.argument);
}

Faults& Faults::Get() {
  static Faults* faults = new Faults;
  return *faults;
}

bool Faults::Inject(const kqueue_simulator_fault& fault) {
  const bool known = fault.call == KQUEUE_SIMULATOR_KQUEUE || fault.call == KQUEUE_SIMULATOR_KEVENT ||
                     fault.call == KQUEUE_SIMULATOR_ANSWER || fault.call == KQUEUE_SIMULATOR_CHANGE;
  if (!known || fault.error <= 0 || fault.nth < 1 || fault.times < 0) return false;
  injected_.push_back({fault, pthread_self()});
  if (fault.times == 0) injected_.back().fault.times = 1;
  return true;
}

void Faults::Interrupt(int calls) { interrupts_ = calls > 0 ? calls : 0; }

int Faults::Pending() {
  int pending = interrupts_;
  for (const Injected& injected : injected_) pending += injected.fault.times;
  return pending;
}

void Faults::Clear() {
  injected_.clear();
  interrupts_ = 0;
}

// Every matching fault counts the call; the first one that is due decides.
int Faults::Take(kqueue_simulator_call call, const struct kevent* change) {
  int error = 0;
  for (size_t i = 0; i < injected_.size();) {
    Injected& injected = injected_[i];
    kqueue_simulator_fault& fault = injected.fault;
    const bool counts = !fault.this_thread_only || pthread_equal(injected.thread, pthread_self());
    const bool due = fault.call == call && counts && Matches(fault, change) && --fault.nth <= 0;
    if (due && error == 0) {
      error = fault.error;
      fault.times--;
    }
    if (fault.times == 0) {
      injected_.erase(injected_.begin() + static_cast<long>(i));
    } else {
      i++;
    }
  }
  return error;
}

bool Faults::TakeInterrupt() {
  if (interrupts_ == 0) return false;
  interrupts_--;
  return true;
}

}  // namespace simulator

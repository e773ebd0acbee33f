// Faults on demand: the counting behind kqueue_simulator_inject(). Guarded by the registry's mutex.
#ifndef KQUEUE_SIMULATOR_FAULTS_H
#define KQUEUE_SIMULATOR_FAULTS_H

#include <pthread.h>

#include <vector>

#include "simulator.h"

namespace simulator {

class Faults {
 public:
  static Faults& Get();

  bool Inject(const kqueue_simulator_fault& fault);
  void Interrupt(int calls);
  int Pending();
  void Clear();

  // Each function counts one call, and returns the errno that the call fails with, or 0.
  int OnKqueue() { return Take(KQUEUE_SIMULATOR_KQUEUE, nullptr); }
  int OnKevent() { return Take(KQUEUE_SIMULATOR_KEVENT, nullptr); }
  int OnAnswer() { return Take(KQUEUE_SIMULATOR_ANSWER, nullptr); }
  int OnChange(const struct kevent& change) { return Take(KQUEUE_SIMULATOR_CHANGE, &change); }
  bool TakeInterrupt();

 private:
  struct Injected {
    kqueue_simulator_fault fault;
    pthread_t thread;
  };

  int Take(kqueue_simulator_call call, const struct kevent* change);

  std::vector<Injected> injected_;
  int interrupts_ = 0;
};

// Sets what runs before a kevent() call of this thread: see kqueue_simulator_before_kevent(). To be called without a
// lock.
void SetInterlude(int nth, void (*run)(void*), void* argument);
void RunInterlude();

}  // namespace simulator

#endif

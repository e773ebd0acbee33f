// The functions of simulator.h.
#include "simulator.h"

#include <errno.h>

#include <mutex>

#include "faults.h"
#include "registry.h"
#include "shutdown_record.h"

using simulator::CurrentPersonality;
using simulator::Faults;
using simulator::Knote;
using simulator::Kqueue;
using simulator::Registry;

namespace {

using Lock = std::lock_guard<std::mutex>;

std::mutex& TheMutex() { return Registry::Get().mutex(); }

}  // namespace

const char* kqueue_simulator_personality(void) { return CurrentPersonality().name; }

int kqueue_simulator_knotes(int kq, struct kqueue_simulator_knote* list, int capacity) {
  Lock lock(TheMutex());
  const std::shared_ptr<Kqueue> kqueue = Registry::Get().Find(kq);
  if (kqueue == nullptr) {
    errno = EBADF;
    return -1;
  }
  kqueue->Collect();
  kqueue->CompareAll();
  int count = 0;
  for (const Knote* knote : kqueue->Knotes()) {
    if (count < capacity) {
      kqueue_simulator_knote& entry = list[count];
      entry.ident = knote->event.ident;
      entry.filter = knote->event.filter;
      entry.flags = knote->event.flags;
      entry.fflags = knote->saved_fflags;
      entry.data = knote->saved_data;
      entry.udata = knote->event.udata;
      entry.enabled = !knote->disabled;
      entry.active = knote->active;
    }
    count++;
  }
  return count;
}

int kqueue_simulator_open_count(void) {
  Lock lock(TheMutex());
  return Registry::Get().Sweep();
}

int kqueue_simulator_inject(const struct kqueue_simulator_fault* fault) {
  Lock lock(TheMutex());
  if (Faults::Get().Inject(*fault)) return 0;
  errno = EINVAL;
  return -1;
}

void kqueue_simulator_interrupt(int calls) {
  Lock lock(TheMutex());
  Faults::Get().Interrupt(calls);
}

void kqueue_simulator_before_kevent(int nth, void (*run)(void*), void* argument) {
  simulator::SetInterlude(nth, run, argument);
}

int kqueue_simulator_pending_faults(void) {
  Lock lock(TheMutex());
  return Faults::Get().Pending();
}

void kqueue_simulator_clear_faults(void) {
  Lock lock(TheMutex());
  Faults::Get().Clear();
}

void kqueue_simulator_note_shutdown(int fd, int how) {
  Lock lock(TheMutex());
  simulator::RecordShutdown(fd, how);
}

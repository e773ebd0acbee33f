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

const char* kqueue_simulator_personality(void) { return CurrentPersonality().name; }

int kqueue_simulator_knotes(int kq, struct kqueue_simulator_knote* list, int capacity) {
  Registry& registry = Registry::Get();
  std::lock_guard<std::mutex> lock(registry.mutex());
  const std::shared_ptr<Kqueue> kqueue = registry.Find(kq);
  if (kqueue == nullptr) {
    errno = EBADF;
    return -1;
  }
  kqueue->Collect();
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
  Registry& registry = Registry::Get();
  std::lock_guard<std::mutex> lock(registry.mutex());
  return registry.Sweep();
}

int kqueue_simulator_inject(const struct kqueue_simulator_fault* fault) {
  if (Faults::Get().Inject(*fault)) return 0;
  errno = EINVAL;
  return -1;
}

void kqueue_simulator_interrupt(int calls) { Faults::Get().Interrupt(calls); }

int kqueue_simulator_pending_faults(void) { return Faults::Get().Pending(); }

void kqueue_simulator_clear_faults(void) { Faults::Get().Clear(); }

void kqueue_simulator_note_shutdown(int fd, int how) { simulator::RecordShutdown(fd, how); }

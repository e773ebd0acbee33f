// What a test may ask of the kqueue simulator besides kqueue(2): its tables, and faults on demand.
// Plain C, safe to call from any thread.
#ifndef KQUEUE_SIMULATOR_SIMULATOR_H
#define KQUEUE_SIMULATOR_SIMULATOR_H

#include <stdint.h>
#include <sys/event.h>

#ifdef __cplusplus
extern "C" {
#endif

// The personality in force: "freebsd", "netbsd", "darwin" or "openbsd".
const char* kqueue_simulator_personality(void);

// One record of the simulated kernel's table.
struct kqueue_simulator_knote {
  uintptr_t ident;
  short filter;
  unsigned short flags;  // the delivery flags it was made with, and EV_EOF once seen
  unsigned int fflags;   // as given in the last change
  int64_t data;          // as given in the last change
  void* udata;
  int enabled;
  int active;  // the filter said yes since the last delivery
};

// Writes at most `capacity` knotes of `kq`, ordered by filter and ident, and returns how many there are.
// Knotes of closed descriptors are dropped first, and what has happened so far is applied, as a kernel does at
// once: an active knote makes `kq` ready. -1 and EBADF when `kq` is not a kqueue.
int kqueue_simulator_knotes(int kq, struct kqueue_simulator_knote* list, int capacity);

// How many kqueues are open in this process. State of closed ones is released by the call.
int kqueue_simulator_open_count(void);

enum kqueue_simulator_call {
  KQUEUE_SIMULATOR_KQUEUE,  // kqueue() fails
  KQUEUE_SIMULATOR_KEVENT,  // kevent() fails before it applies a change
  KQUEUE_SIMULATOR_ANSWER,  // kevent() fails after it has applied its changes; calls without changes do not count
  KQUEUE_SIMULATOR_CHANGE,  // one change of a change list fails, and is not applied
};

struct kqueue_simulator_fault {
  enum kqueue_simulator_call call;
  int error;                  // the errno
  int nth;                    // 1: the next matching call, 2: the one after it, …
  int times;                  // how many matching calls fail from there on; 0 means 1
  int this_thread_only;       // count only the calls of the thread that injects
  int filter;                 // changes: only this filter; 0: any
  unsigned short flags_mask;  // changes: only those with one of these flags (EV_ADD, …); 0: any
};

// Adds a fault. Several may be pending; each counts on its own. -1 and EINVAL when the record makes no sense.
int kqueue_simulator_inject(const struct kqueue_simulator_fault* fault);

// The next `calls` kevent() calls that would block return EINTR instead, their changes applied.
void kqueue_simulator_interrupt(int calls);

// Before the `nth` kevent() call of this thread from here on, `run(argument)` is called, with no lock held: what
// another thread might do between two calls. One at a time; null takes it back.
void kqueue_simulator_before_kevent(int nth, void (*run)(void*), void* argument);

// Faults and interrupts that have not been used up.
int kqueue_simulator_pending_faults(void);
void kqueue_simulator_clear_faults(void);

// Tells the simulator of a shutdown(2) of a unix-domain socket that was made where its own `shutdown` is not linked.
void kqueue_simulator_note_shutdown(int fd, int how);

#ifdef __cplusplus
}
#endif

#endif

// The contract between pollux and a kernel's readiness facility.
//
// native/linux (epoll) and native/bsd (kqueue) define the functions below, in this order. No
// JavaScript type appears here, so a backend compiles into the addon and into a plain C++ program.
// All functions may be called from any thread at any time between Open() and Close(), unless a
// comment says otherwise. None throws.
#pragma once

#include <cstdint>

#include "bits.h"
#include "clock.h"
#include "registry.h"
#include "sys_error.h"

namespace pollux {

// One poller: a kernel object, its waker and its registry. Each backend defines its own.
struct Backend;

// Room for the kernel's records of one batch. Used by one thread at a time.
struct RecordBuffer;

// What a thread waits on that tells another when there is something to wait for. Used by one thread at a time, except
// for Recall().
struct Lookout;

// One ready descriptor, merged and decoded. This is the layout that JavaScript reads.
struct Event {
  int32_t fd;
  uint32_t readiness;
  uint32_t generation;
};

struct WaitResult {
  int count;   // events written
  bool woken;  // a Wake() ended or preceded the wait
};

struct Capabilities {
  bool edge;
  bool oneshot;
  bool priority;
  bool exclusive;
  bool read_closed;
  bool nested;
  bool threads;
  int64_t timeout_resolution_ns;
};

// The name that JavaScript knows the backend by.
const char* Name();

// Does: opens a kernel object, close-on-exec, with a waker. Guarantees: on failure nothing stays
// open and `*out` is untouched. Returns: EMFILE, ENFILE, ENOMEM.
SysError Open(Backend** out);

// Does: closes the descriptors and frees the memory. May assume: no thread is inside another call on
// this backend, and none follows.
void Close(Backend* backend);

// Does: registers `fd` for `interest` (bits and modes of bits.h, already checked) and writes the
// registration's generation. Guarantees: a failed call changes nothing; a registration whose
// descriptor was closed elsewhere is replaced, not refused.
// Returns: EEXIST, EBADF, EPERM (cannot be polled), EINVAL, ELOOP, ENOSPC, ENOMEM.
SysError Add(Backend* backend, int fd, uint32_t interest, uint32_t* generation);

// Does: replaces the interest and mode of `fd`, re-arms it and writes its generation. An exclusive
// registration stays exclusive. Guarantees: what is ready is reported again, whatever the mode was;
// a failed call changes nothing, except that the record of a descriptor closed elsewhere (EBADF,
// ENOENT, EPERM, EINVAL) goes.
// Returns: ENOENT, EBADF, EPERM, EINVAL (an exclusive registration cannot take the new mode, or the
// number is of the poller itself by now). ENOMEM and ENOSPC of an exclusive registration whose former
// state could not be restored either: the registration has ended, as Registry says.
SysError Modify(Backend* backend, int fd, uint32_t interest, uint32_t* generation);

// Does: ends the registration of `fd`. Guarantees: no Wait() that starts later reports it, and
// every attached StaleMark is set; the record of a descriptor closed elsewhere goes too.
// Returns: ENOENT, EBADF, EPERM, EINVAL (the number is of the poller itself by now).
SysError Remove(Backend* backend, int fd);

// Does: makes room for `capacity` (1 or more) events. Returns: nullptr when out of memory.
RecordBuffer* NewRecordBuffer(int capacity);
void DeleteRecordBuffer(RecordBuffer* buffer);

// Does: blocks until there is an event, a wake, or the deadline (clock.h) has passed; writes up to the buffer's
// capacity of events, one per descriptor. Guarantees: not before the deadline without an event, nor long after it,
// however many records of ended registrations the kernel reports; EINTR never surfaces; nothing of a registration that
// ended before the call; no event and no wake is left out because such a record took its room; a oneshot or edge event
// reaches exactly one of several waiting threads.
SysError Wait(Backend* backend, RecordBuffer* buffer, int64_t deadline_ns, Event* events, WaitResult* result);

// Does: makes one Wait(), blocked or the next to come, return with `woken`. Guarantees: never lost;
// wakes that nobody has waited for yet are one.
void Wake(Backend* backend);

// Does: opens a lookout. Guarantees: on failure nothing stays open and `*out` is untouched.
// Returns: EMFILE, ENFILE, ENOSPC, ENOMEM.
SysError OpenLookout(Backend* backend, Lookout** out);
void CloseLookout(Backend* backend, Lookout* lookout);

// Does: blocks until a Wait() would return at once, or until Recall(). Guarantees: what it has seen is there for the
// next Wait() of any thread, also a wake and the event of an edge or oneshot registration. Where the kernel forgets an
// event as soon as anybody has asked, that event is written to `*kept`, for the caller to hand on; otherwise
// `kept->readiness` is 0, and `kept->fd` is the descriptor that this call has put behind all others that are ready, or
// -1.
SysError LookOut(Backend* backend, Lookout* lookout, Event* kept);

// Does: makes LookOut() return, now and from here on, until EndRecall().
void Recall(Lookout* lookout);
void EndRecall(Lookout* lookout);

// Does: arms a oneshot registration again whose event nobody will handle. Guarantees: nothing
// happens to any other registration, nor to a later one of the same number.
void GiveBack(Backend* backend, const Event& event);

// Returns: the kernel object's own descriptor, pollable.
int Descriptor(const Backend* backend);

// Returns: what this kernel can do, found out when the backend was opened.
Capabilities CapabilitiesOf(const Backend* backend);

Registry& RegistryOf(Backend* backend);

}  // namespace pollux

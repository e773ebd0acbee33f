// What differs between the kernels that have kqueue, each fact with its source. Nothing else in
// this folder asks which kernel it is compiled for.
//
// Sources: the man pages kqueue(2) of each system; "table" is the run of 77 situations on FreeBSD
// 12.1 and NetBSD 7.99 that docs/internals/kernels.md describes; XNU is Apple's published kernel.
#pragma once

#include <sys/types.h>

#include <sys/event.h>
#include <sys/time.h>

#include <errno.h>

#include <cstdint>

namespace pollux {

using KernelRecord = struct kevent;

// The fields of struct kevent have other widths and signs on each kernel: filter and flags are 32
// bits and unsigned on NetBSD, 16 bits elsewhere, the filter signed.
constexpr int kReadFilter = static_cast<int>(EVFILT_READ);
constexpr int kWriteFilter = static_cast<int>(EVFILT_WRITE);

constexpr int kTimerFilter = static_cast<int>(EVFILT_TIMER);
constexpr int kProcessFilter = static_cast<int>(EVFILT_PROC);

// The finest unit of EVFILT_TIMER that is used. Milliseconds need no flag. NetBSD before 10 and OpenBSD before 7.4
// count in milliseconds whatever the flags say; the kernel that a simulator on Linux imitates may be one of them.
#if defined(NOTE_USECONDS) && !defined(__NetBSD__) && !defined(__OpenBSD__) && !defined(__linux__)
constexpr uint32_t kTimerUnit = NOTE_USECONDS;
constexpr int64_t kTimerUnitNs = 1000;
#else
constexpr uint32_t kTimerUnit = 0;
constexpr int64_t kTimerUnitNs = 1000000;
#endif

// EVFILT_USER: macOS 10.6, FreeBSD 8.1, NetBSD 10, OpenBSD 7.7. The kernel that runs may be older
// than the header, and says EINVAL then.
#ifdef EVFILT_USER
constexpr bool kHeaderHasUserFilter = true;
constexpr int kUserFilter = static_cast<int>(EVFILT_USER);
constexpr uint32_t kTrigger = NOTE_TRIGGER;
#else
constexpr bool kHeaderHasUserFilter = false;
constexpr int kUserFilter = 0;
constexpr uint32_t kTrigger = 0;
#endif

// EVFILT_EXCEPT with NOTE_OOB: macOS (XNU bsd/kern/uipc_socket.c), OpenBSD 6.9. Not FreeBSD, not
// NetBSD.
#if defined(EVFILT_EXCEPT) && defined(NOTE_OOB)
constexpr bool kHeaderHasExceptFilter = true;
constexpr int kExceptFilter = static_cast<int>(EVFILT_EXCEPT);
constexpr uint32_t kUrgent = NOTE_OOB;
#else
constexpr bool kHeaderHasExceptFilter = false;
constexpr int kExceptFilter = 0;
constexpr uint32_t kUrgent = 0;
#endif

// A change, or with EV_ADD a knote. udata is a pointer, but intptr_t on NetBSD before 10: a C cast converts to either,
// and both are equally wide.
inline KernelRecord MakeChange(uintptr_t ident, int filter, uint32_t flags, uint32_t fflags, uintptr_t udata) {
  KernelRecord change = {};
  change.ident = ident;
  change.filter = static_cast<decltype(change.filter)>(filter);
  change.flags = static_cast<decltype(change.flags)>(flags);
  change.fflags = fflags;
  change.udata = (decltype(change.udata))udata;
  return change;
}

inline int FilterOf(const KernelRecord& record) { return static_cast<int>(record.filter); }
inline uintptr_t UserDataOf(const KernelRecord& record) { return (uintptr_t)record.udata; }

// XNU refuses a timeout beyond 10^8 s (itimerfix); OpenBSD once took anything above 24 h for 24 h.
constexpr int64_t kMostTimeoutNs = int64_t{24} * 3600 * 1000000000;

// NetBSD and OpenBSD count timeouts in clock ticks, 100 a second; FreeBSD 10 and macOS need not.
#if defined(__NetBSD__) || defined(__OpenBSD__)
constexpr int64_t kTimeoutResolutionNs = 10000000;
#else
constexpr int64_t kTimeoutResolutionNs = 1;
#endif

// NetBSD, run on 7.99: a socket keeps the filter that it had when it was added (uipc_socket.c, soo_kqfilter); the other
// kernels decide when the filter runs. Which kernel a simulator on Linux imitates is not known when this is compiled.
#if defined(__NetBSD__) || defined(__linux__)
constexpr bool kFilterIsChosenWhenAdded = true;
#else
constexpr bool kFilterIsChosenWhenAdded = false;
#endif

// EV_ADD of EVFILT_WRITE to a pipe whose readers are gone: FreeBSD and old macOS EPIPE, NetBSD
// EBADF (table, "WRITE add on pipe, reader gone").
inline bool IsBrokenPipe(int code) { return code == EPIPE || code == EBADF; }

// A file that has no such filter: FreeBSD ENODEV, NetBSD EOPNOTSUPP (table, "/dev/null" and
// "regular file"), others ENOTSUP, ENXIO, EPERM or EINVAL.
inline bool IsRefusal(int code) {
  return code == ENODEV || code == EOPNOTSUPP || code == ENOTSUP || code == ENXIO || code == EPERM || code == EINVAL;
}

// Devices that some kernels report as ready for ever (NetBSD: table, "/dev/null") and epoll refuses.
constexpr const char* kAlwaysReadyDevices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/urandom"};

}  // namespace pollux

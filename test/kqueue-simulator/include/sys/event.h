// <sys/event.h> of the kqueue simulator: the FreeBSD layout, for all personalities.
//
// Every constant that some kernel has is defined, because the personality is chosen at run time. A program that
// looks at `#ifdef EVFILT_USER` and the like can be compiled as on one kernel: define KQUEUE_HEADER_FREEBSD or
// KQUEUE_HEADER_NETBSD, and the names that kernel's own header lacks are left out.
#ifndef KQUEUE_SIMULATOR_SYS_EVENT_H
#define KQUEUE_SIMULATOR_SYS_EVENT_H

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define EVFILT_READ (-1)
#define EVFILT_WRITE (-2)
#define EVFILT_AIO (-3)
#define EVFILT_VNODE (-4)
#define EVFILT_PROC (-5)
#define EVFILT_SIGNAL (-6)
#define EVFILT_TIMER (-7)
#ifndef KQUEUE_HEADER_NETBSD
#define EVFILT_USER (-11)
#endif
#if !defined(KQUEUE_HEADER_FREEBSD) && !defined(KQUEUE_HEADER_NETBSD)
#define EVFILT_EXCEPT (-15)
#endif

// Actions of a change.
#define EV_ADD 0x0001
#define EV_DELETE 0x0002
#define EV_ENABLE 0x0004
#define EV_DISABLE 0x0008
#define EV_FORCEONESHOT 0x0100

// Delivery.
#define EV_ONESHOT 0x0010
#define EV_CLEAR 0x0020
#define EV_RECEIPT 0x0040
#define EV_DISPATCH 0x0080

// Reported by the kernel.
#define EV_SYSFLAGS 0xF000
#define EV_ERROR 0x4000
#define EV_EOF 0x8000

// EVFILT_READ, EVFILT_WRITE, EVFILT_EXCEPT.
#define NOTE_LOWAT 0x00000001
#if !defined(KQUEUE_HEADER_FREEBSD) && !defined(KQUEUE_HEADER_NETBSD)
#define NOTE_OOB 0x00000002
#endif

// EVFILT_USER.
#ifndef KQUEUE_HEADER_NETBSD
#define NOTE_FFNOP 0x00000000
#define NOTE_FFAND 0x40000000
#define NOTE_FFOR 0x80000000
#define NOTE_FFCOPY 0xc0000000
#define NOTE_FFCTRLMASK 0xc0000000
#define NOTE_FFLAGSMASK 0x00ffffff
#define NOTE_TRIGGER 0x01000000
#endif

// EVFILT_TIMER.
#ifndef KQUEUE_HEADER_NETBSD
#define NOTE_SECONDS 0x00000001
#define NOTE_MSECONDS 0x00000002
#define NOTE_USECONDS 0x00000004
#define NOTE_NSECONDS 0x00000008
#define NOTE_ABSTIME 0x00000010
#endif

// EVFILT_PROC.
#define NOTE_EXIT 0x80000000
#define NOTE_FORK 0x40000000
#define NOTE_EXEC 0x20000000

struct kevent {
  uintptr_t ident;
  short filter;
  unsigned short flags;
  unsigned int fflags;
  int64_t data;
  void* udata;
};

#define EV_SET(event, ident_, filter_, flags_, fflags_, data_, udata_) \
  do {                                                                 \
    struct kevent* ev_set_event = (event);                             \
    ev_set_event->ident = (uintptr_t)(ident_);                         \
    ev_set_event->filter = (short)(filter_);                           \
    ev_set_event->flags = (unsigned short)(flags_);                    \
    ev_set_event->fflags = (unsigned int)(fflags_);                    \
    ev_set_event->data = (int64_t)(data_);                             \
    ev_set_event->udata = (void*)(udata_);                             \
  } while (0)

#ifdef __cplusplus
extern "C" {
#endif

int kqueue(void);
int kevent(int kq, const struct kevent* changelist, int nchanges, struct kevent* eventlist, int nevents,
           const struct timespec* timeout);

#ifdef __cplusplus
}
#endif

#endif

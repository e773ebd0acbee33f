// EVFILT_USER: filt_userattach() and filt_usertouch() of FreeBSD.
#include "filters.h"

namespace simulator {
namespace {

int Attach(Kqueue&, Knote& knote) {
  knote.triggered = (knote.saved_fflags & NOTE_TRIGGER) != 0;
  return 0;
}

bool Event(Kqueue&, Knote& knote, Hint) { return knote.triggered; }

void Touch(Kqueue&, Knote& knote, const struct kevent& change) {
  if (change.fflags & NOTE_TRIGGER) knote.triggered = true;
  const unsigned operand = change.fflags & NOTE_FFLAGSMASK;
  switch (change.fflags & NOTE_FFCTRLMASK) {
    case NOTE_FFAND:
      knote.saved_fflags &= operand;
      break;
    case NOTE_FFOR:
      knote.saved_fflags |= operand;
      break;
    case NOTE_FFCOPY:
      knote.saved_fflags = operand;
      break;
    default:
      break;
  }
  knote.saved_data = change.data;
  if (change.flags & EV_CLEAR) knote.triggered = false;
}

struct kevent Process(Knote& knote) {
  struct kevent event = knote.event;
  event.fflags = knote.saved_fflags;
  event.data = knote.saved_data;
  if (knote.event.flags & EV_CLEAR) knote.triggered = false;
  return event;
}

}  // namespace

const FilterOps kUser = {false, Attach, Event, Touch, Process};

}  // namespace simulator

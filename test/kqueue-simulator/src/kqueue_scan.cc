// Kqueue::Scan: kqueue_scan() of the BSD kernels.
#include "kqueue.h"

namespace simulator {

// The knotes that are queued at the start get one turn each. A level-triggered one goes to the end of the queue, so
// that a small event list sees all of them in time (row "nevents=1 rotates ready knotes").
int Kqueue::Scan(struct kevent* events, int capacity) {
  int count = 0;
  for (size_t turns = queue_.size(); turns > 0 && count < capacity; turns--) {
    Knote& knote = *queue_.front();
    queue_.pop_front();
    knote.queued = false;
    if (!IsAlive(knote)) {
      Drop(knote);
      continue;
    }
    if (Deliver(knote, &events[count])) count++;
  }
  Collect();
  return count;
}

// A oneshot knote is reported as it was when it became active; any other filter is asked again.
bool Kqueue::Deliver(Knote& knote, struct kevent* event) {
  if (knote.disabled) return false;
  const bool as_it_was = (knote.event.flags & EV_ONESHOT) != 0;
  if (!as_it_was && !knote.ops->event(*this, knote, Hint::kQuery)) {
    knote.active = false;
    return false;
  }
  *event = !as_it_was && knote.ops->process != nullptr ? knote.ops->process(knote) : knote.event;
  if (knote.event.flags & EV_ONESHOT) {
    Drop(knote);
  } else {
    AfterDelivery(knote);
  }
  return true;
}

void Kqueue::AfterDelivery(Knote& knote) {
  const bool clear = (knote.event.flags & EV_CLEAR) != 0;
  bool dispatch = (knote.event.flags & EV_DISPATCH) != 0;
  if (personality_.clear_excludes_dispatch && clear) dispatch = false;
  if (!clear && !dispatch) {
    knote.queued = true;
    queue_.push_back(&knote);
    return;
  }
  if (clear) {
    knote.event.data = 0;
    knote.event.fflags = 0;
  }
  knote.active = false;
  if (dispatch) SetDisabled(knote, true);
}

}  // namespace simulator

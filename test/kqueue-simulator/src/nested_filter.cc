// A kqueue watched by another: filt_kqueue(). The outer knote is activated when a knote enters the inner queue, not
// when the inner queue is scanned (row "kq nested in a kqueue").
#include "filters.h"
#include "kqueue.h"
#include "registry.h"

namespace simulator {
namespace {

int Attach(Kqueue& kqueue, Knote& knote) { return kqueue.WatchSource(knote, knote.source_fd, Direction::kRead); }

bool Event(Kqueue&, Knote& knote, Hint hint) {
  const std::shared_ptr<Kqueue> inner = Registry::Get().Find(knote.source_fd);
  if (inner == nullptr) return false;
  inner->Collect();
  inner->CompareAll();
  const int64_t enqueued = static_cast<int64_t>(inner->enqueued());
  const bool entered = enqueued != knote.seen;
  knote.seen = enqueued;
  knote.event.data = static_cast<int64_t>(inner->queue_length());
  if (hint == Hint::kActivity && !entered) return false;
  return knote.event.data > 0;
}

}  // namespace

const FilterOps kKqueueRead = {true, Attach, Event, nullptr, nullptr};

}  // namespace simulator

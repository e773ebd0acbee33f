#include "view.h"

namespace pollux {
View::View(napi_env env, uint32_t serial, SharedPoller* poller, RecordBuffer* buffer, napi_ref reference,
           BatchMemory* batch, int capacity)
    : env_(env),
      serial_(serial),
      poller_(poller),
      buffer_(buffer),
      reference_(reference),
      batch_(batch),
      capacity_(capacity) {
  mark_.flag = &batch->stale;
  registry().Attach(&mark_);
}

View::~View() {
  host_poll.Close();
  registry().Detach(&mark_);
  DeleteRecordBuffer(buffer_);
  napi_delete_reference(env_, reference_);
  DetachShared(poller_);
}

SysError View::WaitUntil(int64_t deadline_ns, WaitResult* result) {
  Event* kept = host_poll.Recall();
  if (kept == nullptr) return WaitForNew(deadline_ns, result);
  if (kept->readiness == 0) {
    const int first = kept->fd;
    kept->fd = -1;
    const SysError error = WaitForNew(deadline_ns, result);
    if (!error) BringToFront(first, *result);
    return error;
  }
  *result = {0, false};
  const SysError error = is_kept_due_ ? SysError{} : WaitForNew(kPollOnly, result);
  if (error) return error;
  is_kept_due_ = !Append(*kept, result);
  if (is_kept_due_) return {};
  *kept = {-1, 0, 0};
  return result->count > 0 || result->woken ? SysError{} : WaitForNew(deadline_ns, result);
}

// LookOut() puts the first event behind all others in the kernel's queue. This brings it back to the front of the
// batch.
void View::BringToFront(int fd, const WaitResult& result) {
  for (int i = 1; i < result.count; i++) {
    if (batch_->events[i].fd != fd) continue;
    const Event first = batch_->events[i];
    for (; i > 0; i--) batch_->events[i] = batch_->events[i - 1];
    batch_->events[0] = first;
  }
}

// Returns false if there is no room. An event whose registration has ended, or has lost that interest, is dropped. To
// be called after Trust(): a registration that ends after it was looked up here marks the batch.
bool View::Append(const Event& event, WaitResult* result) {
  const Registration now = registry().Get(event.fd);
  const bool is_current = now.registered() && now.generation == event.generation;
  const uint32_t asked = is_current ? now.flags & kAskable : 0;
  const uint32_t readiness = asked != 0 ? event.readiness & Reportable(asked) : 0;
  if (readiness == 0) return true;
  for (int i = 0; i < result->count; i++) {
    if (batch_->events[i].fd != event.fd) continue;
    batch_->events[i].readiness |= readiness;
    return true;
  }
  if (result->count == capacity_) return false;
  batch_->events[result->count++] = {event.fd, readiness, event.generation};
  return true;
}

}  // namespace pollux

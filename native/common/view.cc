#include "view.h"

namespace pollux {

View::View(napi_env env, SharedPoller* poller, Waiter* waiter, napi_ref reference,
           BatchMemory* batch)
    : env_(env), poller_(poller), waiter_(waiter), reference_(reference), batch_(batch) {
  mark_.flag = &batch->stale;
  registry().Attach(&mark_);
}

View::~View() {
  host_poll.Close();
  registry().Detach(&mark_);
  DeleteWaiter(waiter_);
  napi_delete_reference(env_, reference_);
  DetachShared(poller_);
}

}  // namespace pollux

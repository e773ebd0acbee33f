// Kqueue::Apply: kqueue_register() of the BSD kernels.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include "filters.h"
#include "kernel_calls.h"
#include "kqueue.h"

namespace simulator {
namespace {

constexpr unsigned short kActions = EV_ADD | EV_DELETE | EV_ENABLE | EV_DISABLE | EV_FORCEONESHOT;

bool IsOpen(uintptr_t ident) { return ident <= INT_MAX && fcntl(static_cast<int>(ident), F_GETFD) >= 0; }

}  // namespace

int Kqueue::Apply(const struct kevent& change) {
  const unsigned short both = EV_ENABLE | EV_DISABLE;
  if (personality_.refuses_enable_with_disable && (change.flags & both) == both) return EINVAL;
  if (!HasFilter(personality_, change.filter)) return EINVAL;
  if (IsDescriptorFilter(change.filter) && !IsOpen(change.ident)) {
    // The knotes of a number went when it was closed, and do not come back when dup2() brings back the file.
    Find(change.filter, change.ident);
    return EBADF;
  }
  const bool is_descriptor = IsDescriptorFilter(change.filter);
  if (is_descriptor && personality_.refuses_itself && IsBehind(static_cast<int>(change.ident))) return EINVAL;

  NotifyActivity();
  Knote* knote = Find(change.filter, change.ident);
  if (knote != nullptr) Compare(*knote);
  int error = 0;
  if (knote == nullptr) {
    if ((change.flags & EV_ADD) == 0) return ENOENT;
    FileKind kind = FileKind::kNone;
    const FilterOps* ops = SelectFilter(personality_, change, &kind, &error);
    if (ops == nullptr) return error;
    error = Create(change, ops, kind);
  } else if (personality_.every_change_updates) {
    UpdateOnAnyChange(*knote, change);
  } else {
    UpdateOnAdd(*knote, change);
  }
  NotifyActivity();
  return error;
}

int Kqueue::Create(const struct kevent& change, const FilterOps* ops, FileKind kind) {
  auto owned = std::make_unique<Knote>();
  Knote& knote = *owned;
  knote.id = next_id_++;
  knote.ops = ops;
  knote.kind = kind;
  knote.event = change;
  knote.event.fflags = 0;
  knote.event.data = 0;
  if (!personality_.keeps_action_flags) knote.event.flags &= static_cast<unsigned short>(~kActions);
  knote.saved_fflags = change.fflags;
  knote.saved_data = change.data;
  knote.disabled = (change.flags & EV_DISABLE) != 0;
  if (ops->is_descriptor) {
    struct stat info = {};
    knote.source_fd = static_cast<int>(change.ident);
    if (!Stat(knote.source_fd, &info)) return EBADF;
    knote.device = info.st_dev;
    knote.inode = info.st_ino;
  }
  const int error = ops->attach(*this, knote);
  if (error != 0) {
    if (knote.place != Place::kNowhere) sources_.Remove(knote.source_fd, knote.direction, knote.place);
    return error;
  }
  knote.made_oneshot = (change.flags & EV_ONESHOT) != 0;
  if (knote.made_oneshot) oneshots_++;
  by_id_[knote.id] = &knote;
  knotes_[Key(change.filter, change.ident)] = std::move(owned);
  // FreeBSD does not run the filter of a knote that is made disabled, NetBSD does.
  if (knote.disabled && personality_.every_change_updates) return 0;
  if (knote.ops->event(*this, knote, Hint::kQuery)) Activate(knote);
  return 0;
}

void Kqueue::Touch(Knote& knote, const struct kevent& change) {
  knote.event.udata = change.udata;
  if (knote.ops->touch != nullptr) {
    knote.ops->touch(*this, knote, change);
  } else {
    knote.saved_fflags = change.fflags;
    knote.saved_data = change.data;
  }
}

// FreeBSD 12.1: a change that is not EV_DELETE updates the knote and runs its filter, whatever else it asks for.
void Kqueue::UpdateOnAnyChange(Knote& knote, const struct kevent& change) {
  if (change.flags & EV_DELETE) {
    Drop(knote);
    return;
  }
  if (change.flags & EV_FORCEONESHOT) {
    knote.event.flags |= EV_ONESHOT;
    Activate(knote);
  }
  if (change.flags & (EV_ENABLE | EV_DISABLE)) SetDisabled(knote, (change.flags & EV_DISABLE) != 0);
  Touch(knote, change);
  if (!knote.disabled && knote.ops->event(*this, knote, Hint::kQuery)) knote.active = true;
  if (knote.active) Activate(knote);
}

// NetBSD 7.99: only EV_ADD updates and runs the filter; enabling puts back what became active while disabled. OpenBSD
// asks the filter instead.
void Kqueue::UpdateOnAdd(Knote& knote, const struct kevent& change) {
  if (change.flags & EV_ADD) {
    Touch(knote, change);
    if (knote.ops->event(*this, knote, Hint::kQuery)) Activate(knote);
  } else if (change.flags & EV_DELETE) {
    Drop(knote);
    return;
  }
  if (change.flags & EV_DISABLE) SetDisabled(knote, true);
  if ((change.flags & EV_ENABLE) && (knote.disabled || !personality_.enabling_updates)) {
    SetDisabled(knote, false);
    if (personality_.enabling_updates) knote.active = knote.ops->event(*this, knote, Hint::kQuery);
    if (knote.active) Activate(knote);
  }
}

}  // namespace simulator

// The knotes of a registration: which there are, and how they change. The caller of every function but ToKernel() holds
// the registry's mutex.
#pragma once

#include "../common/bits.h"
#include "../common/registry.h"
#include "../common/sys_error.h"
#include "kernel_facts.h"

namespace pollux {

constexpr int kFilterCount = 3;
constexpr int kFilters[kFilterCount] = {kReadFilter, kWriteFilter, kExceptFilter};
// The interest that each filter serves.
constexpr uint32_t kFilterBits[kFilterCount] = {kReadable, kWritable, kPriority};

// For each filter the flags to add it with; 0: no knote.
struct KnoteSet {
  uint32_t flags[kFilterCount];
};

// The knotes that a registration with these flags has at most: see ReplaceKnotes().
KnoteSet ToKernel(uint32_t flags);

// Does: turns the knotes of `from` into those of `to`, in one call; flags 0 stand for no registration, which has no
// knotes. Tolerates what a kernel refuses and the registration can do without, as long as one knote stands for the
// descriptor. Guarantees: when it fails, the knotes are those of `from`, or there are none and `*lost` is set. ENOENT
// with `*lost`: there were none of `from`, because the descriptor has been closed; EINVAL: it is the poller's own by
// now.
SysError ReplaceKnotes(int kqueue_fd, int fd, Registration from, Registration to, bool* lost);

// Whether a knote of the registration is there: kernels drop all when a descriptor is closed, and may have refused one
// that the registration can do without. The check may cause one more edge of an armed, edge-triggered registration that
// is ready.
bool HaveKnotes(int kqueue_fd, int fd, Registration registration);

// Disables the knotes of a oneshot registration that has fired, but for those that the kernel has
// disabled with the records of `delivered` (bits of interest).
void DisableKnotes(int kqueue_fd, int fd, Registration registration, uint32_t delivered);

// Makes the clear-mode knotes of `filters` (bits of interest) check the file again, and adds missing ones: a state that
// still holds is reported once more.
void TouchKnotes(int kqueue_fd, int fd, Registration registration, uint32_t filters);

}  // namespace pollux

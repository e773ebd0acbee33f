// What an event means for the knotes of its registration.
#pragma once

#include "readiness.h"

namespace pollux {

// Disarms a oneshot registration in both directions; false when another thread has, or when the
// registration has changed: then the event is not this thread's.
bool Claim(int kqueue_fd, Registry& registry, const DescriptorState& state);

// Sees to it that the registration goes on reporting what its knotes report once: a level-triggered
// one what it hears from clear-mode knotes, any other the end of the direction that is still open,
// and a oneshot one everything, where the record that disabled its knote came to nothing.
void KeepReporting(int kqueue_fd, Registry& registry, const DescriptorState& state, uint32_t readiness);

}  // namespace pollux

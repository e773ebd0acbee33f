// The process-wide table of pollers that are open in any thread, for handles between threads.
#pragma once

#include <cstdint>

#include "backend.h"

namespace pollux {

struct SharedPoller {
  Backend* backend = nullptr;
  uint64_t id = 0;  // never used twice in a process
  int views = 0;
  SharedPoller* next = nullptr;
};

// Opens a poller with one view.
SysError OpenShared(SharedPoller** out);
// Another view of the poller with this id; nullptr when no view of it is open any more.
SharedPoller* AttachShared(uint64_t id);
// Ends one view. Closes the kernel object with the last view.
void DetachShared(SharedPoller* poller);

}  // namespace pollux

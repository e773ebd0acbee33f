// What a descriptor is, as far as a registration has to know.
#pragma once

#include <cstdint>

#include "../common/sys_error.h"

namespace pollux {

// Finds out the kind of `fd` (kKinds of registration_flags.h). Returns: EBADF; EPERM for what epoll
// refuses, so that a program meets it on every system: files, directories, disks, and devices that
// are always ready.
SysError Examine(int fd, uint32_t* kind);

}  // namespace pollux

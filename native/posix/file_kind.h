// What the mode of a file says, in the words of FileKind.
#pragma once

#include "../common/os_calls.h"

namespace pollux {

// `mode`: st_mode of fstat(2). `fd` tells a terminal from another character device.
FileKind KindOf(int fd, unsigned mode);

}  // namespace pollux

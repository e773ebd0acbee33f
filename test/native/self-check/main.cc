// The self-check of a backend: holds native/<system> to the contract of native/common/backend.h,
// without Node. POSIX only; what a kernel cannot do is told by CapabilitiesOf().
//
// Linux, from the top of the repository:
//   c++ -std=c++17 -O1 -g -pthread -o self-check test/native/self-check/*.cc native/linux/*.cc
//     native/posix/*.cc native/common/*.cc && ./self-check
// macOS and the BSDs: the same with native/bsd in place of native/linux. One argument selects
// clauses by a part of their title.
#include "check.h"

int main(int count, char** arguments) { return check::RunAll(count > 1 ? arguments[1] : ""); }

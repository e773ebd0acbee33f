// What native/bsd does to the kernel's table of knotes, as the kqueue simulator shows it, and what
// is left after each of its calls has failed. The promises themselves are in ../self-check.
//
// From the top of the repository:
//   c++ -std=c++17 -O1 -g -pthread -I test/kqueue-simulator/include -o kqueue-check
//     test/native/kqueue-check/*.cc test/native/self-check/{check,fixtures}.cc
//     native/bsd/[!o]*.cc native/common/registry.cc test/kqueue-simulator/src/*.cc
//   KQUEUE_PERSONALITY=netbsd ./kqueue-check
// One argument selects clauses by a part of their title.
#include "../self-check/check.h"

int main(int count, char** arguments) { return check::RunAll(count > 1 ? arguments[1] : ""); }

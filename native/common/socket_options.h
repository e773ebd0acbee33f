// The socket options that pollux/sys offers, by the names that JavaScript uses.
#pragma once

#include <cstddef>

#include "sys_error.h"

namespace pollux {

enum class OptionKind {
  kFlag,
  kNumber,
  kLinger,      // seconds; −1: off
  kSocketType,  // SOCK_*; read-only
  kText,        // read and written as bytes; so is the next
  kBytes,
};

struct SocketOption {
  const char* name;
  int level;
  int option;
  OptionKind kind;
};

struct SocketOptionList {
  const SocketOption* first;
  size_t count;
};

// The option called `name`: one of those below, or one of the kernel's own (os_calls.h). nullptr:
// this kernel has no such option.
const SocketOption* FindOption(const char* name);

// Reads the option's value: 0 or 1, a number, seconds, or a SOCK_* constant.
SysError GetOption(int fd, const SocketOption& option, int* value);

SysError SetOption(int fd, const SocketOption& option, int value);

}  // namespace pollux

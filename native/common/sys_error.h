// A failed system call, as a value.
#pragma once

namespace pollux {

struct SysError {
  int code = 0;                   // errno; 0: no error
  const char* syscall = nullptr;  // static string

  explicit operator bool() const { return code != 0; }
};

}  // namespace pollux

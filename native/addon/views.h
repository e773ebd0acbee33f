// The pollers of one thread.
#pragma once

#include <node_api.h>

#include "view.h"

namespace pollux {

// Owns the views of one environment; JavaScript names them by number.
class Views {
 public:
  explicit Views(napi_env env) : env_(env) {}
  ~Views();
  Views(const Views&) = delete;
  Views& operator=(const Views&) = delete;

  // A view of `poller`, whose events go to `memory`, an Int32Array of 1 + 3 × `capacity` words.
  // Takes over the caller's hold on `poller`, also when it fails.
  SysError Open(SharedPoller* poller, int capacity, napi_value memory, int* handle);
  void Close(int handle);
  // nullptr when no view has this number.
  View* Find(int handle) const { return static_cast<uint32_t>(handle) < size_ ? views_[handle] : nullptr; }

  // nullptr when that view is closed.
  View* FindSerial(uint32_t serial) const;

 private:
  bool ReserveHandle(uint32_t* handle);

  napi_env env_;
  View** views_ = nullptr;
  uint32_t size_ = 0;
  uint32_t last_serial_ = 0;
  uint32_t lowest_free_ = 0;  // no handle below it is free
};

}  // namespace pollux

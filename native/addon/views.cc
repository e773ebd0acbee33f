#include "views.h"

#include <errno.h>
#include <string.h>

#include <cstdlib>

#include "../common/allocation.h"

namespace pollux {

Views::~Views() {
  for (uint32_t i = 0; i < size_; i++) Destroy(views_[i]);
  free(views_);
}

SysError Views::Open(SharedPoller* poller, int capacity, napi_value memory, int* handle) {
  const SysError no_memory = {ENOMEM, "malloc"};
  uint32_t free_handle = 0;
  RecordBuffer* buffer = ReserveHandle(&free_handle) ? NewRecordBuffer(capacity) : nullptr;
  if (buffer == nullptr) {
    DetachShared(poller);
    return no_memory;
  }
  void* words = nullptr;
  size_t length = 0;
  napi_ref reference = nullptr;
  napi_get_typedarray_info(env_, memory, nullptr, &length, &words, nullptr, nullptr);
  napi_create_reference(env_, memory, 1, &reference);
  View* view =
      length < (sizeof(BatchMemory) + sizeof(Event) * static_cast<size_t>(capacity)) / sizeof(int32_t)
          ? nullptr
          : Create<View>(env_, ++last_serial_, poller, buffer, reference, static_cast<BatchMemory*>(words), capacity);
  if (view == nullptr) {
    napi_delete_reference(env_, reference);
    DeleteRecordBuffer(buffer);
    DetachShared(poller);
    return no_memory;
  }
  views_[free_handle] = view;
  lowest_free_ = free_handle + 1;
  *handle = static_cast<int>(free_handle);
  return {};
}

void Views::Close(int handle) {
  View* view = Find(handle);
  if (view == nullptr) return;
  views_[handle] = nullptr;
  if (static_cast<uint32_t>(handle) < lowest_free_) lowest_free_ = static_cast<uint32_t>(handle);
  Destroy(view);
}

View* Views::FindSerial(uint32_t serial) const {
  for (uint32_t i = 0; i < size_; i++) {
    if (views_[i] != nullptr && views_[i]->serial() == serial) return views_[i];
  }
  return nullptr;
}

bool Views::ReserveHandle(uint32_t* handle) {
  uint32_t free_handle = lowest_free_;
  while (free_handle < size_ && views_[free_handle] != nullptr) free_handle++;
  if (free_handle == size_) {
    const uint32_t size = size_ == 0 ? 8 : 2 * size_;
    auto** views = static_cast<View**>(realloc(views_, size * sizeof(View*)));
    if (views == nullptr) return false;
    memset(views + size_, 0, (size - size_) * sizeof(View*));
    views_ = views;
    size_ = size;
  }
  *handle = free_handle;
  return true;
}

}  // namespace pollux

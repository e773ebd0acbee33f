// Memory in several parts, as an array of Uint8Arrays.
#pragma once

#include <sys/uio.h>

#include "sys_binding.h"

namespace pollux {

// IOV_MAX of Linux and of the BSDs.
constexpr uint32_t kMostParts = 1024;

struct Vector {
  iovec parts[kMostParts];
  int count;
};

// The memory of the Uint8Arrays in the array `list`: as many as one call takes, and no more bytes
// than one call moves.
inline bool ReadVector(napi_env env, napi_value list, Vector* vector) {
  uint32_t length = 0;
  napi_value elements[kMostParts];
  napi_get_array_length(env, list, &length);
  if (length > kMostParts) length = kMostParts;
  // All elements are fetched before the memory of any is looked up: an accessor on Array.prototype runs JavaScript,
  // which can detach memory that was looked up already.
  for (uint32_t i = 0; i < length; i++) {
    if (napi_get_element(env, list, i, &elements[i]) != napi_ok) return false;
  }
  size_t room = kMostBytes;
  vector->count = 0;
  for (uint32_t i = 0; i < length && room > 0; i++) {
    void* data = nullptr;
    size_t size = 0;
    if (napi_get_typedarray_info(env, elements[i], nullptr, &size, &data, nullptr, nullptr) != napi_ok) {
      return false;
    }
    if (size > room) size = room;
    room -= size;
    vector->parts[vector->count++] = {data, size};
  }
  // POSIX lets readv() refuse a count of 0.
  if (vector->count == 0) vector->parts[vector->count++] = {nullptr, 0};
  return true;
}

}  // namespace pollux

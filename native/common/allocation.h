// Objects on the C heap: no exception when memory runs out, no C++ runtime library.
#pragma once

#include <cstdlib>
#include <new>
#include <utility>

namespace pollux {

// A new T, or nullptr when out of memory.
template <typename T, typename... Arguments>
T* Create(Arguments&&... arguments) {
  void* memory = malloc(sizeof(T));
  return memory == nullptr ? nullptr : ::new (memory) T(std::forward<Arguments>(arguments)...);
}

// Ends an object made by Create(); nullptr is fine.
template <typename T>
void Destroy(T* object) {
  if (object == nullptr) return;
  object->~T();
  free(object);
}

}  // namespace pollux

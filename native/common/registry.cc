#include "registry.h"

namespace pollux {

void Registry::Put(int fd, Registration registration) {
  if (Get(fd).registered()) Drop(fd);
  Store(fd, registration);
  SetSize(size() + 1);
}

void Registry::Update(int fd, uint32_t flags) { Store(fd, {Get(fd).generation, flags}); }

void Registry::Drop(int fd) {
  Store(fd, {Get(fd).generation, 0});
  SetSize(size() - 1);
  // The marks are set after the store. A batch that clears its mark later reads the registry after the store, and sees
  // that the registration has ended.
  for (StaleMark* mark = marks_; mark != nullptr; mark = mark->next) {
    __atomic_store_n(mark->flag, 1, __ATOMIC_SEQ_CST);
  }
}

void Registry::Attach(StaleMark* mark) {
  MutexLock lock(mutex_);
  mark->next = marks_;
  marks_ = mark;
}

void Registry::Detach(StaleMark* mark) {
  MutexLock lock(mutex_);
  StaleMark** link = &marks_;
  while (*link != nullptr && *link != mark) link = &(*link)->next;
  if (*link == mark) *link = mark->next;
}

// A release: what a reader must see together with the slot, a mark, is set after it, with an order of its own.
void Registry::Store(int fd, Registration registration) {
  slots_.Find(fd)->store(Pack(registration), std::memory_order_release);
}

}  // namespace pollux

#include "registry.h"

namespace pollux {

void Registry::Put(int fd, Registration registration) {
  if (Get(fd).registered()) Drop(fd);
  Store(fd, registration);
  size_.fetch_add(1, std::memory_order_relaxed);
}

void Registry::Update(int fd, uint32_t flags) { Store(fd, {Get(fd).generation, flags}); }

void Registry::Drop(int fd) {
  Store(fd, {Get(fd).generation, 0});
  size_.fetch_sub(1, std::memory_order_relaxed);
  // After the store: a reader that finds its flag clear has a batch that saw this registration end.
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

void Registry::Store(int fd, Registration registration) {
  slots_.Find(fd)->store(Pack(registration), std::memory_order_seq_cst);
}

}  // namespace pollux

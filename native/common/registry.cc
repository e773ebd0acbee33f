#include "registry.h"

namespace pollux {

void Registry::Put(int fd, Registration registration) {
  SlotTable::Slot* slot = slots_.Find(fd);
  if (Load(slot).registered()) Drop(fd);
  Store(slot, registration);
  SetSize(size() + 1);
}

void Registry::Update(int fd, uint32_t flags) {
  SlotTable::Slot* slot = slots_.Find(fd);
  Store(slot, {Load(slot).generation, flags});
}

void Registry::Drop(int fd) {
  SlotTable::Slot* slot = slots_.Find(fd);
  Store(slot, {Load(slot).generation, 0});
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

}  // namespace pollux

#include "registry.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace simulator {

Registry& Registry::Get() {
  static Registry* registry = new Registry;
  return *registry;
}

// A child does not inherit kqueues (row "fork: child's use of kq"): its copies of the descriptors are closed.
Registry::Registry() { pthread_atfork(BeforeFork, AfterForkInParent, AfterForkInChild); }

void Registry::BeforeFork() { Get().mutex_.lock(); }

void Registry::AfterForkInParent() { Get().mutex_.unlock(); }

void Registry::AfterForkInChild() {
  Registry& registry = Get();
  for (Entry& entry : registry.entries_) {
    for (int number : entry.numbers) {
      if (entry.kqueue->IsBehind(number)) syscall(SYS_close, number);
    }
  }
  registry.entries_.clear();
  registry.mutex_.unlock();
}

int Registry::Open(int* fd) {
  Sweep();
  auto kqueue = std::make_shared<Kqueue>(CurrentPersonality());
  const int error = kqueue->Open(fd);
  if (error != 0) return error;
  entries_.push_back(Entry{std::move(kqueue), {*fd}});
  return 0;
}

std::shared_ptr<Kqueue> Registry::Find(int fd) {
  for (Entry& entry : entries_) {
    if (!entry.kqueue->IsBehind(fd)) continue;
    entry.kqueue->Use(fd);
    if (std::find(entry.numbers.begin(), entry.numbers.end(), fd) == entry.numbers.end()) entry.numbers.push_back(fd);
    return entry.kqueue;
  }
  return nullptr;
}

std::vector<std::shared_ptr<Kqueue>> Registry::All() const {
  std::vector<std::shared_ptr<Kqueue>> all;
  for (const Entry& entry : entries_) all.push_back(entry.kqueue);
  return all;
}

int Registry::Sweep() {
  auto is_dead = [](Entry& entry) {
    auto is_gone = [&entry](int number) { return !entry.kqueue->IsBehind(number); };
    entry.numbers.erase(std::remove_if(entry.numbers.begin(), entry.numbers.end(), is_gone), entry.numbers.end());
    return entry.numbers.empty();
  };
  entries_.erase(std::remove_if(entries_.begin(), entries_.end(), is_dead), entries_.end());
  return static_cast<int>(entries_.size());
}

}  // namespace simulator

// All kqueues of the process, and the one lock of the simulator.
#ifndef KQUEUE_SIMULATOR_REGISTRY_H
#define KQUEUE_SIMULATOR_REGISTRY_H

#include <memory>
#include <mutex>
#include <vector>

#include "kqueue.h"

namespace simulator {

class Registry {
 public:
  // Lives as long as the process: threads may be in kevent() while it exits.
  static Registry& Get();

  std::mutex& mutex() { return mutex_; }

  // The caller of these functions holds the mutex.
  int Open(int* fd);
  // Null when `fd` is no kqueue: it never was one, or the number belongs to a later file.
  std::shared_ptr<Kqueue> Find(int fd);
  std::vector<std::shared_ptr<Kqueue>> All() const;
  // Releases what close(2) left behind. Returns how many kqueues are open.
  int Sweep();

 private:
  struct Entry {
    std::shared_ptr<Kqueue> kqueue;
    std::vector<int> numbers;  // the first one, and dups that were used
  };

  Registry();
  static void BeforeFork();
  static void AfterForkInParent();
  static void AfterForkInChild();

  std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace simulator

#endif

// The kernel's side of one batch: room for its records, raw and merged.
#pragma once

#include "../common/backend.h"
#include "kqueue_waker.h"
#include "merged_records.h"

namespace pollux {

// User data of the waker's knote. No registration has it: see TokenOf().
constexpr uintptr_t kWakerToken = 0;

struct Waiter {
 public:
  explicit Waiter(int capacity) : capacity_(capacity) {}
  ~Waiter();
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // Makes the room; false when out of memory. To be called once.
  bool Reserve();

  // Merges the `count` records that were fetched, and fetches more while the batch has room: two
  // records of one descriptor leave some. Nothing is fetched that the batch has no room for: what a
  // thread kept back would be lost if it did not wait again. Returns whether the kernel may have more.
  bool Collect(int kqueue_fd, KqueueWaker& waker, Registry& registry, int count,
               WaitResult* result);

  int capacity() const { return capacity_; }
  KernelRecord* records() { return records_; }
  MergedRecords& merged() { return merged_; }

 private:
  bool Merge(KqueueWaker& waker, Registry& registry, int count, WaitResult* result);

  const int capacity_;
  KernelRecord* records_ = nullptr;
  MergedRecords merged_;
};

}  // namespace pollux

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

  // Begins a batch.
  void Begin();

  // How many records the batch has room for.
  int room() const { return capacity_ - merged_.size(); }

  // Merges the `count` records that were fetched into room(), and fetches more while the batch has
  // room: two records of one descriptor leave some. Nothing is fetched that the batch has no room
  // for: what a thread kept back would be lost if it did not wait again. Returns whether the kernel
  // may have more.
  bool Collect(int kqueue_fd, KqueueWaker& waker, Registry& registry, int count, WaitResult* result);

  // Takes the states that came to no event out of the batch: what is ready may queue behind them.
  void DropIdle();

  // A kqueue serves in turn (table, "nevents=1 rotates ready knotes"): what is ready may queue behind
  // records that come to no event. True when all that was ready at BeginRound() has had its turn:
  // one of the records has come again, or there were more of them than knotes.
  bool HasComeRound(uint32_t registrations) const;
  void BeginRound();

  KernelRecord* records() { return records_; }
  MergedRecords& merged() { return merged_; }

 private:
  bool Merge(KqueueWaker& waker, Registry& registry, int count, WaitResult* result);
  void CountIdle(const DescriptorState& state);

  const int capacity_;
  KernelRecord* records_ = nullptr;
  MergedRecords merged_;
  // Of the round: how many records were fetched, and the first state that came to no event.
  uint64_t fetched_ = 0;
  bool has_repeated_ = false;
  DescriptorState first_idle_ = {};
};

}  // namespace pollux

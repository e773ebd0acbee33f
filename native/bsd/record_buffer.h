// The only place that fetches records: the room for those of one batch, raw and merged by descriptor.
#pragma once

#include "../common/backend.h"
#include "kqueue_waker.h"
#include "readiness.h"

namespace pollux {

// One kevent() that fetches up to `capacity` records until a point in time, as exactly as the kernel can. Returns what
// kevent() returns; 0 may come before the deadline.
int WaitUntil(int kqueue_fd, KernelRecord* records, int capacity, int64_t deadline_ns);

// User data of the waker's knote. No registration has it: see TokenOf().
constexpr uintptr_t kWakerToken = 0;

// The states of one batch, by descriptor.
class MergedRecords {
 public:
  MergedRecords() = default;
  ~MergedRecords();
  MergedRecords(const MergedRecords&) = delete;
  MergedRecords& operator=(const MergedRecords&) = delete;

  // Makes room for `capacity` descriptors; false when out of memory. To be called once.
  bool Reserve(int capacity);

  void Clear();
  // Drops the states that have no event in the batch. The others stay in order.
  void DropIdle();
  // The state of `fd`, empty if it was not there. May assume: there is room.
  DescriptorState& Of(int fd, Registration registration);

  int size() const { return size_; }
  DescriptorState& operator[](int index) { return states_[index]; }

 private:
  uint32_t SlotOf(int fd) const;

  DescriptorState* states_ = nullptr;
  int size_ = 0;
  // Open addressing: 1 + an index of states_, 0: free. At most half of it is used.
  uint32_t* slots_ = nullptr;
  uint32_t mask_ = 0;
};

struct RecordBuffer {
  explicit RecordBuffer(int capacity) : capacity_(capacity) {}
  ~RecordBuffer();
  RecordBuffer(const RecordBuffer&) = delete;
  RecordBuffer& operator=(const RecordBuffer&) = delete;

  // Makes the room; false when out of memory. To be called once.
  bool Reserve();

  // Begins a batch.
  void Begin();

  // How many records the batch has room for.
  int room() const { return capacity_ - merged_.size(); }

  // Merges the `count` records that were fetched into room(), and fetches more while the batch has room: records of one
  // descriptor become one event. Never fetches more records than the batch has room for, because a record that a thread
  // kept for later would be lost if the thread did not wait again. Returns whether the kernel may have more.
  bool Collect(int kqueue_fd, KqueueWaker& waker, Registry& registry, int count, WaitResult* result);

  // Takes the states without an event out of the batch: ready descriptors may queue behind them.
  void DropIdle();

  // A kqueue serves its knotes in turn (table, "nevents=1 rotates ready knotes"): ready descriptors may queue behind
  // records that make no event. True when all that was ready at BeginRound() has had its turn: one of the records has
  // come again, or there were more of them than knotes.
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
  Prefetching prefetching_;
  // Counted since BeginRound(): the records that were fetched, and the first state without an event.
  uint64_t fetched_ = 0;
  bool has_repeated_ = false;
  DescriptorState first_idle_ = {};
};

}  // namespace pollux

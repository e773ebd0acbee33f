// The records of one batch, merged by descriptor.
#pragma once

#include "readiness.h"

namespace pollux {

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

}  // namespace pollux

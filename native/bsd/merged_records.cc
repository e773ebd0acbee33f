#include "merged_records.h"

#include <cstdlib>

#include "registration_flags.h"

namespace pollux {
namespace {

DescriptorState Empty(int fd, Registration registration) {
  DescriptorState state = {};
  state.fd = fd;
  state.registration = registration;
  return state;
}

}  // namespace

MergedRecords::~MergedRecords() {
  free(states_);
  free(slots_);
}

bool MergedRecords::Reserve(int capacity) {
  const auto count = static_cast<uint32_t>(capacity);
  uint32_t slots = 4;
  while (slots < 2 * count) slots *= 2;
  mask_ = slots - 1;
  states_ = static_cast<DescriptorState*>(malloc(count * sizeof(DescriptorState)));
  slots_ = static_cast<uint32_t*>(calloc(slots, sizeof(uint32_t)));
  return states_ != nullptr && slots_ != nullptr;
}

void MergedRecords::Clear() {
  // From the last on: what one entry's slot hides is later than the entry.
  while (size_ > 0) {
    slots_[SlotOf(states_[size_ - 1].fd)] = 0;
    size_--;
  }
}

void MergedRecords::DropIdle() {
  const int size = size_;
  Clear();
  for (int i = 0; i < size; i++) {
    if (!states_[i].in_batch) continue;
    const DescriptorState state = states_[i];
    states_[size_] = state;
    const uint32_t slot = SlotOf(state.fd);
    slots_[slot] = static_cast<uint32_t>(++size_);
  }
}

DescriptorState& MergedRecords::Of(int fd, Registration registration) {
  const uint32_t slot = SlotOf(fd);
  if (slots_[slot] == 0) {
    states_[size_] = Empty(fd, registration);
    slots_[slot] = static_cast<uint32_t>(++size_);
  }
  DescriptorState& state = states_[slots_[slot] - 1];
  // Another thread has modified the registration between two records: the earlier one is void.
  if (TokenOf(state.registration) != TokenOf(registration)) {
    const bool in_batch = state.in_batch;
    state = Empty(fd, registration);
    state.in_batch = in_batch;
  }
  return state;
}

// The slot that holds `fd`, or the free one where it belongs.
uint32_t MergedRecords::SlotOf(int fd) const {
  // Descriptor numbers are dense: they are their own hash.
  uint32_t slot = static_cast<uint32_t>(fd) & mask_;
  while (slots_[slot] != 0 && states_[slots_[slot] - 1].fd != fd) slot = (slot + 1) & mask_;
  return slot;
}

}  // namespace pollux

// What a poller knows of its registrations: one word per descriptor, common to all threads.
//
// A registration is a generation and flags. The generation tells a registration from an earlier
// one of the same descriptor number; kernel records and batches carry it, so that a record of a
// registration that is gone is recognized wherever it turns up.
#pragma once

#include <atomic>
#include <cstdint>

#include "mutex.h"
#include "slots.h"

namespace pollux {

struct Registration {
  // 28 bits: the most that fit beside a descriptor and an interest in 64 bits of kernel user data.
  static constexpr uint32_t kGenerationMask = 0x0fffffff;

  uint32_t generation = 0;
  uint32_t flags = 0;  // 0: not registered; else kRegistered, interest, mode, a backend's own bits

  bool registered() const { return flags != 0; }
};

// Flag of every live registration, beside the bits of bits.h.
constexpr uint32_t kRegistered = 0x80000000;

// Connects one batch with a registry, which sets the flag of the batch when any registration ends.
struct StaleMark {
  int32_t* flag = nullptr;
  StaleMark* next = nullptr;
};

class Registry {
 public:
  // Held around every change of the kernel's table and of this one, so that they agree.
  Mutex& mutex() { return mutex_; }

  // Lock-free. A change of another thread may not be visible while that thread is between its kernel call and its
  // update.
  Registration Get(int fd) const {
    const SlotTable::Slot* slot = slots_.Find(fd);
    return slot == nullptr ? Registration{} : Unpack(slot->load(std::memory_order_seq_cst));
  }

  // Asks the processor for the memory that holds the registration of `fd`, and does not wait for it.
  void Prefetch(int fd) const { __builtin_prefetch(slots_.Find(fd)); }

  bool IsCurrent(int fd, uint32_t generation) const {
    const Registration now = Get(fd);
    return now.registered() && now.generation == generation;
  }

  // Whether the registration is of this generation and has these of the flags in `mask`, one of them at least.
  bool Matches(int fd, uint32_t mask, Registration wanted) const {
    const SlotTable::Slot* slot = slots_.Find(fd);
    if (slot == nullptr) return false;
    const uint64_t word = slot->load(std::memory_order_seq_cst);
    return (word & (Pack({Registration::kGenerationMask, mask}))) == Pack(wanted);
  }

  // Lock-free. Puts `to` in the place of `from`; false when that is no longer there. A change under
  // the mutex that comes between is never undone.
  bool Exchange(int fd, Registration from, Registration to) {
    uint64_t expected = Pack(from);
    return slots_.Find(fd)->compare_exchange_strong(expected, Pack(to), std::memory_order_seq_cst);
  }

  uint32_t size() const { return size_.load(std::memory_order_relaxed); }

  // The caller of the functions below holds the mutex.

  // Whether Reserve(fd) has nothing to allocate.
  bool HasRoom(int fd) const { return slots_.Find(fd) != nullptr; }

  // Makes room for `fd`; false when out of memory. The other calls then cannot fail.
  bool Reserve(int fd) { return slots_.Ensure(fd) != nullptr; }

  // The generation that the next registration of `fd` gets. Never 0.
  uint32_t NextGeneration(int fd) const {
    const uint32_t next = (Get(fd).generation + 1) & Registration::kGenerationMask;
    return next == 0 ? 1 : next;
  }

  // Registers `fd`; a former registration of the number ends.
  void Put(int fd, Registration registration);
  // Changes the flags of a live registration.
  void Update(int fd, uint32_t flags);
  // Ends the registration of `fd`: no batch delivers it from here on.
  void Drop(int fd);

  // The mark's flag is set to 1 whenever a registration ends, until it is detached. These two
  // take the mutex themselves.
  void Attach(StaleMark* mark);
  void Detach(StaleMark* mark);

 private:
  static uint64_t Pack(Registration registration) {
    return static_cast<uint64_t>(registration.generation) << 32 | registration.flags;
  }
  static Registration Unpack(uint64_t word) { return {static_cast<uint32_t>(word >> 32), static_cast<uint32_t>(word)}; }
  // The mutex is held during the calls below, so that nobody else writes what they read and write.
  static Registration Load(const SlotTable::Slot* slot) { return Unpack(slot->load(std::memory_order_relaxed)); }
  // A release: what a reader must see together with the slot, a mark, is set after it, with an order of its own.
  static void Store(SlotTable::Slot* slot, Registration registration) {
    slot->store(Pack(registration), std::memory_order_release);
  }
  void SetSize(uint32_t size) { size_.store(size, std::memory_order_relaxed); }

  Mutex mutex_;
  SlotTable slots_;
  std::atomic<uint32_t> size_{0};
  StaleMark* marks_ = nullptr;
};

// Says when a batch of records is better off if the slots of all of them are asked for first: memory that is in no
// cache takes ten times as long as a record does. Used by one thread.
class Prefetching {
 public:
  // `first` is the descriptor of the first record. A batch that begins like the last one is taken for the same
  // descriptors, whose slots are in the cache.
  bool IsDue(const Registry& registry, int first) {
    if (registry.size() < kMany) return false;
    const bool is_repeated = first == last_first_;
    last_first_ = first;
    return !is_repeated;
  }

 private:
  // The slots of so many registrations do not fit into the second cache of a processor.
  static constexpr uint32_t kMany = 65536;
  int last_first_ = -1;
};

}  // namespace pollux

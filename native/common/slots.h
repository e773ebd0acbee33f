// A table of one 64-bit word per descriptor number that grows without moving: chunks of doubling
// size, each published once. Any thread reads it without a lock; one thread at a time grows it.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>

namespace pollux {

class SlotTable {
 public:
  using Slot = std::atomic<uint64_t>;
  static_assert(sizeof(Slot) == 8, "a registration costs eight bytes");

  SlotTable() = default;
  ~SlotTable() {
    for (auto& chunk : chunks_) free(chunk.load(std::memory_order_relaxed));
  }
  SlotTable(const SlotTable&) = delete;
  SlotTable& operator=(const SlotTable&) = delete;

  // The slot of `fd` (not negative), or nullptr while no descriptor of its chunk was ever ensured.
  Slot* Find(int fd) const {
    const Position at = Locate(fd);
    Slot* chunk = chunks_[at.chunk].load(std::memory_order_acquire);
    return chunk == nullptr ? nullptr : chunk + at.offset;
  }

  // The slot of `fd` (not negative), allocated if need be; nullptr when out of memory.
  Slot* Ensure(int fd) {
    const Position at = Locate(fd);
    Slot* chunk = chunks_[at.chunk].load(std::memory_order_relaxed);
    if (chunk == nullptr) {
      chunk = static_cast<Slot*>(calloc(SizeOf(at.chunk), sizeof(Slot)));
      if (chunk == nullptr) return nullptr;
      chunks_[at.chunk].store(chunk, std::memory_order_release);
    }
    return chunk + at.offset;
  }

 private:
  // The first chunk holds descriptors below 2^9 (4 KiB); chunk k holds 2^(k+8) … 2^(k+9)-1.
  static constexpr int kFirstBits = 9;
  static constexpr int kChunks = 31 - kFirstBits + 1;

  struct Position {
    int chunk;
    uint32_t offset;
  };

  static Position Locate(int fd) {
    const auto number = static_cast<uint32_t>(fd);
    if (number < (1u << kFirstBits)) return {0, number};
    const int top_bit = 31 - __builtin_clz(number);
    return {top_bit - kFirstBits + 1, number - (1u << top_bit)};
  }

  static size_t SizeOf(int chunk) { return size_t{1} << (chunk == 0 ? kFirstBits : chunk + kFirstBits - 1); }

  std::atomic<Slot*> chunks_[kChunks] = {};
};

}  // namespace pollux

// Many reads and writes, one after the other: what pollux/sys calls a SubmissionQueue.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pollux {

class WriteState;

enum class Operation : int32_t { kRead, kWrite, kReceive, kSend };

// One call, as JavaScript writes it. What it says of memory is checked when the call is made.
struct Submission {
  Operation operation;
  int32_t fd;
  int32_t view;  // which of the views has the bytes
  uint32_t offset_low;
  uint32_t offset_high;
  int32_t length;
  uint32_t flags;   // of messages, as message_flags.h numbers them
  int32_t result;   // bytes, kBlocked or kFailed
  int32_t failure;  // with kFailed: the error of the system call
};

constexpr int32_t kBlocked = -1;
constexpr int32_t kFailed = -4;

// The memory of one view.
struct Extent {
  void* data;
  size_t length;
};

// A queue has room for so many views beside one for each call.
constexpr uint32_t kKeptViews = 8;

class Submissions {
 public:
  // nullptr: out of memory. `calls` has room for `capacity`, and lives as long as the object.
  static Submissions* Open(Submission* calls, uint32_t capacity);
  Submissions(Submission* calls, uint32_t capacity, Extent* views, int32_t* stopped);
  ~Submissions();
  Submissions(const Submissions&) = delete;
  Submissions& operator=(const Submissions&) = delete;

  uint32_t most_views() const { return capacity_ + kKeptViews; }
  // Where the bytes of the view `index`, which is less than most_views(), are.
  void Place(uint32_t index, Extent extent) { views_[index] = extent; }

  // Does: makes the calls `first` … `end` − 1, in their order. A descriptor that did not take all of a write gets no
  // other write: its bytes would go out before those that are left. Guarantees: no SIGPIPE; allocates nothing.
  void Run(uint32_t first, uint32_t end, WriteState& state);

 private:
  void Make(Submission& call, WriteState& state);
  bool HasStopped(int32_t fd) const;
  void Stop(int32_t fd);
  uint32_t SlotOf(int32_t fd) const;

  Submission* const calls_;
  const uint32_t capacity_;
  Extent* const views_;
  // The descriptors that take no more in this run: a hash table, with kFree where nothing is. Twice as large as there
  // can be entries.
  int32_t* const stopped_;
  uint32_t stopped_count_ = 0;
};

}  // namespace pollux

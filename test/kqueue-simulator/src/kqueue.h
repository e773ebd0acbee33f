// One simulated kqueue: its knotes and the queue of those that are active. Not locked: the registry's lock covers all
// kqueues, so that nested ones need no lock order.
#ifndef KQUEUE_SIMULATOR_KQUEUE_H
#define KQUEUE_SIMULATOR_KQUEUE_H

#include <stddef.h>
#include <stdint.h>

#include <deque>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "knote.h"
#include "personality.h"
#include "sources.h"

namespace simulator {

class Kqueue {
 public:
  explicit Kqueue(const Personality& personality) : personality_(personality) {}
  ~Kqueue() { sources_.Close(); }

  // Returns 0 or an errno. On success `*fd` is the descriptor that the program gets.
  int Open(int* fd) { return sources_.Open(fd); }
  bool IsBehind(int fd) const { return sources_.IsPublic(fd); }
  // From now on `fd`, which IsBehind() approved, is the public descriptor.
  void Use(int fd) { sources_.SetPublic(fd); }

  // Applies one change. Returns 0 or the errno of the kernel.
  int Apply(const struct kevent& change);
  // Turns what has happened on Linux into active knotes, and makes the descriptor ready if there are any.
  void Collect();
  // Collect() for a thread that wakes up: the timer that woke it has expired once, however late the thread runs.
  void CollectAfterSleep();
  // Finds what Linux does not signal. For the start of a call that looks for events.
  void CompareAll();
  // Runs the filters of what has happened so far.
  void NoticeActivity() { NotifyActivity(); }
  // To be called after shutdown(2) of a socket of this process: it wakes the writers, and changes nothing for the
  // readers.
  void AfterShutdown(dev_t device, ino_t inode);
  // To be called before a read(2): a oneshot knote that is active stays active although its data is gone.
  void BeforeRead();
  // Moves at most `capacity` events out of the queue. Returns how many.
  int Scan(struct kevent* events, int capacity);

  // Drops knotes of closed descriptors; the rest ordered by filter and ident.
  std::vector<const Knote*> Knotes();

  // For filters.
  const Personality& personality() const { return personality_; }
  size_t queue_length() const { return queue_.size(); }
  uint64_t enqueued() const { return enqueued_; }
  int WatchSource(Knote& knote, int fd, Direction direction);
  void Deactivate(Knote& knote);

 private:
  using Key = std::pair<short, uintptr_t>;

  int Create(const struct kevent& change, const FilterOps* ops, FileKind kind);
  void UpdateOnAnyChange(Knote& knote, const struct kevent& change);
  void UpdateOnAdd(Knote& knote, const struct kevent& change);
  void Touch(Knote& knote, const struct kevent& change);

  Knote* Find(short filter, uintptr_t ident);
  bool IsAlive(const Knote& knote) const;
  void Drop(Knote& knote);
  void Notify(Knote& knote);
  void Activate(Knote& knote);
  void Enqueue(Knote& knote);
  void SetDisabled(Knote& knote, bool disabled);
  void NotifyActivity();
  void Compare(Knote& knote);
  void CollectAt(int64_t now_ns);
  void AdvanceTimers(int64_t now_ns);

  bool Deliver(Knote& knote, struct kevent* event);
  void AfterDelivery(Knote& knote);

  const Personality& personality_;
  Sources sources_;
  std::map<Key, std::unique_ptr<Knote>> knotes_;
  std::map<uint64_t, Knote*> by_id_;
  std::deque<Knote*> queue_;
  uint64_t next_id_ = Sources::kFirstKnoteId;
  uint64_t enqueued_ = 0;
  int64_t next_deadline_ns_ = 0;
  std::vector<uint64_t> settling_;
  int oneshots_ = 0;
};

int64_t MonotonicNs();

}  // namespace simulator

#endif

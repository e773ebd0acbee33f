// The Linux side of a kqueue: epoll sets that remember which descriptors had activity.
//
// The public descriptor is itself an epoll set, so that poll(2), epoll and libuv see it become ready without help.
// A registration is edge-triggered: it says "something happened", and filters find out what. Reading and writing
// have sets of their own, because an edge-triggered registration for both reports both when either wakes it.
// Knotes that are disabled are kept in parked sets, which are not part of the public descriptor: their activity is
// remembered without making it ready.
#ifndef KQUEUE_SIMULATOR_SOURCES_H
#define KQUEUE_SIMULATOR_SOURCES_H

#include <stdint.h>

#include <vector>

#include "knote.h"

namespace simulator {

class Sources {
 public:
  static constexpr uint64_t kFirstKnoteId = 16;

  // Makes the sets. On success `*public_fd` is the new kqueue's descriptor, owned by the caller.
  int Open(int* public_fd);
  // Closes the private descriptors; the public one stays open.
  void Close();

  // Whether `fd` is the public descriptor, or a dup of it, and not a later file with its number.
  bool IsPublic(int fd) const;
  void SetPublic(int fd) { public_fd_ = fd; }

  int Add(int fd, Direction direction, Place place, uint64_t id);
  void Remove(int fd, Direction direction, Place place) const;
  // Whether `fd` still is the file that was added.
  bool Holds(int fd, Direction direction, Place place) const;

  // Appends the ids of the knotes that had activity since the last call.
  void Drain(std::vector<uint64_t>* ids);

  // Makes the public descriptor ready, level-triggered, while the queue is not empty.
  void Ring(bool on);
  // From this time on the public descriptor is ready, even if nobody calls. 0: never.
  void WakeAt(int64_t deadline_ns);

 private:
  int Set(Direction direction, Place place) const;
  int Attach(int set);

  int public_fd_ = -1;
  PrivateFd armed_write_;
  PrivateFd armed_except_;
  PrivateFd parked_[3];
  PrivateFd bell_;
  PrivateFd clock_;
  bool ringing_ = false;
  int64_t wake_at_ns_ = 0;
};

}  // namespace simulator

#endif

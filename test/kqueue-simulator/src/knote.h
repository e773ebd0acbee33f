// A knote, and the operations of a filter on it. Names and division of work follow the BSD kernels.
#ifndef KQUEUE_SIMULATOR_KNOTE_H
#define KQUEUE_SIMULATOR_KNOTE_H

#include <stdint.h>
#include <sys/event.h>
#include <sys/types.h>

#include "private_fd.h"

namespace simulator {

class Kqueue;
struct Knote;

// Why a filter is run: something happened to its source, or somebody asks for the present state.
enum class Hint { kActivity, kQuery };

struct FilterOps {
  bool is_descriptor;
  // Checks and prepares a new knote. Returns 0 or an errno.
  int (*attach)(Kqueue& kqueue, Knote& knote);
  // Says whether the knote has something to report, and writes it into knote.event.
  bool (*event)(Kqueue& kqueue, Knote& knote, Hint hint);
  // Takes over fflags and data of a change. Null: they are copied.
  void (*touch)(Kqueue& kqueue, Knote& knote, const struct kevent& change);
  // Makes the record to deliver. Null: a copy of knote.event.
  struct kevent (*process)(Knote& knote);
};

enum class FileKind { kNone, kPipe, kFifo, kSocket, kTerminal, kKqueue, kFile, kDevice };

enum class Direction { kNone, kRead, kWrite, kExcept };

// Where the activity of a knote is collected (sources.h).
enum class Place { kNowhere, kArmed, kParked };

struct Knote {
  uint64_t id = 0;
  struct kevent event = {};
  unsigned saved_fflags = 0;
  int64_t saved_data = 0;

  bool active = false;
  bool queued = false;
  bool disabled = false;

  const FilterOps* ops = nullptr;
  FileKind kind = FileKind::kNone;
  Direction direction = Direction::kNone;
  Place place = Place::kNowhere;
  int source_fd = -1;

  // The filter has changes that Linux does not signal, and is run at every call.
  bool compared = false;
  bool made_oneshot = false;
  // The move between places has queued the present state as an event. That event is no activity.
  bool settling = false;
  // Not data has woken the filter of a stream, but a state of the connection that the filter does not report.
  bool unchanged = false;
  // The bytes that a connection had received when its filter last ran.
  int64_t received = -1;
  // A socket that listened when it was added.
  bool listens = false;
  // What the filter saw when it last ran; its meaning belongs to the filter.
  int64_t seen = -1;
  bool seen_end = false;

  dev_t device = 0;
  ino_t inode = 0;

  int64_t deadline_ns = 0;
  int64_t period_ns = 0;
  bool triggered = false;
  PrivateFd process;
};

}  // namespace simulator

#endif

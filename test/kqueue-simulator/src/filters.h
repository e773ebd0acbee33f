// The filters, one file per kind of source.
#ifndef KQUEUE_SIMULATOR_FILTERS_H
#define KQUEUE_SIMULATOR_FILTERS_H

#include "knote.h"
#include "personality.h"

namespace simulator {

bool HasFilter(const Personality& personality, short filter);
bool IsDescriptorFilter(short filter);
// The operations for a new knote. Null and an errno when the kernel has none for this kind of file.
const FilterOps* SelectFilter(const Personality& personality, const struct kevent& change, FileKind* kind, int* error);

extern const FilterOps kPipeRead;
extern const FilterOps kPipeWrite;
extern const FilterOps kSocketRead;
extern const FilterOps kSocketWrite;
extern const FilterOps kSocketExcept;
extern const FilterOps kDeviceRead;
extern const FilterOps kDeviceWrite;
extern const FilterOps kFileRead;
extern const FilterOps kFileWrite;
extern const FilterOps kKqueueRead;
extern const FilterOps kTimer;
extern const FilterOps kUser;
extern const FilterOps kProcess;

// Counts the expirations until `now_ns`. Returns whether there was one.
bool AdvanceTimer(Knote& knote, int64_t now_ns);

// Facts about a descriptor, without waiting.
bool IsAnonymousPipe(int fd);
short Poll(int fd, short events);
int64_t BytesReadable(int fd);

}  // namespace simulator

#endif

// The unix-domain sockets whose writing direction this program has shut down itself. Linux leaves the same state
// behind for own SHUT_WR and for the peer's SHUT_RD (net/unix/af_unix.c, unix_shutdown), BSD does not. Guarded by the
// registry's mutex.
#ifndef KQUEUE_SIMULATOR_SHUTDOWN_RECORD_H
#define KQUEUE_SIMULATOR_SHUTDOWN_RECORD_H

namespace simulator {

void RecordShutdown(int fd, int how);
bool WriteWasShutDown(int fd);

}  // namespace simulator

#endif

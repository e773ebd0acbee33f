// The FIFOs whose end has been read. Guarded by the registry's mutex.
#ifndef KQUEUE_SIMULATOR_END_RECORD_H
#define KQUEUE_SIMULATOR_END_RECORD_H

namespace simulator {

// To be called when a read(2) of `fd` has returned 0.
void TakeEnd(int fd);
// Whether the end of the FIFO has been read, and no writer has come since.
bool IsEndTaken(int fd);
// To be called when the FIFO has a writer.
void ForgetEnd(int fd);

}  // namespace simulator

#endif

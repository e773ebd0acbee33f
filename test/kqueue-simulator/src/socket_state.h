// What a BSD kernel keeps in a socket and Linux only shows in pieces.
#ifndef KQUEUE_SIMULATOR_SOCKET_STATE_H
#define KQUEUE_SIMULATOR_SOCKET_STATE_H

#include <stdint.h>

#include "personality.h"

namespace simulator {

struct SocketState {
  bool listening;
  bool connected;         // or of a type that needs no connection
  bool cannot_receive;    // SBS_CANTRCVMORE
  bool cannot_send;       // SBS_CANTSENDMORE
  bool peer_closed_unix;  // the buffers went with the peer
  int error;              // so_error as the personality reports it in fflags
  bool has_error;         // so_error is set, reported or not
  bool has_input;
  bool has_space;
  bool at_urgent_mark;
  int64_t received;  // bytes, all in all; -1: not known
};

SocketState LookAtSocket(const Personality& personality, int fd);

// Connections waiting in a listening socket.
int64_t Backlog(int fd);
// Bytes a reader can have. For datagrams: of all that wait.
int64_t ReceivableBytes(const Personality& personality, int fd);
// Free bytes of the send buffer, at least 1.
int64_t SendSpace(int fd);

}  // namespace simulator

#endif

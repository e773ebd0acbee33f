// What recvFrom and receiveSegments tell of a message beside its length, without an object: the words of an Int32Array
// that JavaScript keeps from call to call. The address of the sender stays as the kernel wrote it until JavaScript asks
// for it, which it does only for another sender than that of the message before.
#pragma once

#include <netinet/in.h>
#include <string.h>

#include "../../common/socket_address.h"
#include "../js.h"

namespace pollux {

struct Received {
  int32_t segment;
  int32_t is_truncated;
  int32_t is_other_sender;
  uint32_t address_length;
  sockaddr_storage address;
};

// The memory at `index`; nullptr when it is too small.
template <size_t kMost>
Received* ReadReceived(napi_env env, const Arguments<kMost>& arguments, size_t index) {
  void* data = nullptr;
  size_t words = 0;
  napi_get_typedarray_info(env, arguments.Value(index), nullptr, &words, &data, nullptr, nullptr);
  return words * sizeof(int32_t) < sizeof(Received) ? nullptr : static_cast<Received*>(data);
}

// The text of an address with a zone has the name of an interface, which can change.
inline bool HasZone(const sockaddr_storage& address) {
  return address.ss_family == AF_INET6 && reinterpret_cast<const sockaddr_in6&>(address).sin6_scope_id != 0;
}

// Where the kernel names no sender, the sender counts as another one: the address is then of the socket's own family.
inline void TellMessage(const SocketAddress& sender, size_t segment, bool is_truncated, Received* received) {
  const size_t written = sender.length < sizeof sender.storage ? sender.length : sizeof sender.storage;
  const bool is_same = written > 0 && sender.length == received->address_length &&
                       memcmp(&sender.storage, &received->address, written) == 0 && !HasZone(sender.storage);
  received->segment = static_cast<int32_t>(segment);
  received->is_truncated = is_truncated;
  received->is_other_sender = !is_same;
  if (is_same) return;
  received->address_length = sender.length;
  memcpy(&received->address, &sender.storage, written);
}

}  // namespace pollux

// Messages with control messages: sendMessage, receiveMessage, peerCredentials.
//
// A message can bring descriptors. They belong to JavaScript once the call has returned its result; every earlier exit
// closes them.
#include <sys/socket.h>

#include <cstdlib>

#include "../../common/control_messages.h"
#include "../../common/message_flags.h"
#include "../../common/os_calls.h"
#include "../../common/retry.h"
#include "addresses.h"
#include "sys_binding.h"
#include "vector_argument.h"

namespace pollux {
namespace {

constexpr size_t kUsualControlBytes = 4096;

// Memory for control messages: on the stack up to the usual size, beyond that on the heap.
class ControlMemory {
 public:
  explicit ControlMemory(size_t size) : size_(size) {
    memory_ = size <= sizeof usual_ ? usual_ : static_cast<unsigned char*>(malloc(size));
  }
  ~ControlMemory() {
    if (memory_ != usual_) free(memory_);
  }
  ControlMemory(const ControlMemory&) = delete;
  ControlMemory& operator=(const ControlMemory&) = delete;

  // nullptr: out of memory.
  unsigned char* data() const { return memory_; }
  size_t size() const { return size_; }

 private:
  alignas(cmsghdr) unsigned char usual_[kUsualControlBytes];
  unsigned char* memory_;
  size_t size_;
};

// Makes JavaScript objects, and remembers whether every step worked. A step can fail: a program may have given
// Object.prototype an accessor that throws, and an environment that is being terminated accepts no properties.
class Maker {
 public:
  explicit Maker(napi_env env) : env_(env) {}

  bool is_ok() const { return is_ok_; }

  napi_value Object() {
    napi_value object = nullptr;
    Check(napi_create_object(env_, &object));
    return object;
  }

  napi_value Array() {
    napi_value array = nullptr;
    Check(napi_create_array(env_, &array));
    return array;
  }

  napi_value Copy(const void* data, size_t length) {
    napi_value buffer = nullptr;
    Check(napi_create_buffer_copy(env_, length, data, nullptr, &buffer));
    return buffer;
  }

  napi_value BigInt(int64_t value) {
    napi_value result = nullptr;
    Check(napi_create_bigint_int64(env_, value, &result));
    return result;
  }

  napi_value Number(double value) { return FromNumber(env_, value); }

  void Set(napi_value object, const char* name, napi_value value) {
    if (is_ok_ && value != nullptr) Check(napi_set_named_property(env_, object, name, value));
  }

  void Append(napi_value array, uint32_t index, napi_value value) {
    if (is_ok_ && value != nullptr) Check(napi_set_element(env_, array, index, value));
  }

 private:
  void Check(napi_status status) {
    if (status != napi_ok) is_ok_ = false;
  }

  napi_env env_;
  bool is_ok_ = true;
};

napi_value FromCredentials(Maker& make, const Credentials& credentials) {
  const napi_value object = make.Object();
  if (credentials.pid >= 0) make.Set(object, "pid", make.Number(credentials.pid));
  make.Set(object, "uid", make.Number(credentials.uid));
  make.Set(object, "gid", make.Number(credentials.gid));
  return object;
}

// { interface, address }
napi_value FromPacketInfo(napi_env env, Maker& make, const PacketInfo& info) {
  const napi_value object = make.Object();
  const napi_value address = FromSocketAddress(env, info.address);
  napi_value host = nullptr;
  napi_get_named_property(env, address, "host", &host);
  make.Set(object, "interface", make.Number(info.interface_index));
  make.Set(object, "address", host);
  return object;
}

napi_value FromUnnamed(Maker& make, const ControlMessage& message) {
  const napi_value object = make.Object();
  make.Set(object, "level", make.Number(message.level));
  make.Set(object, "type", make.Number(message.type));
  make.Set(object, "data", make.Copy(message.data, message.length));
  return object;
}

// { descriptors, credentials?, packetInfo?, timestampNs?, processFd?, truncated, raw }
napi_value FromControl(napi_env env, Maker& make, const void* memory, size_t length, bool is_truncated) {
  const napi_value control = make.Object();
  const napi_value descriptors = make.Array();
  const napi_value raw = make.Array();
  uint32_t descriptor_count = 0;
  uint32_t raw_count = 0;
  ControlReader reader(memory, length);
  for (ControlMessage message; make.is_ok() && reader.Next(&message);) {
    Credentials credentials;
    PacketInfo info = {};
    int64_t timestamp_ns = 0;
    if (HoldsProcess(message)) {
      // Negative: the kernel could not make one (include/net/scm.h, scm_pidfd_recv()).
      const int process_fd = DescriptorsIn(message) > 0 ? DescriptorAt(message, 0) : -1;
      if (process_fd >= 0) make.Set(control, "processFd", make.Number(process_fd));
    } else if (HoldsDescriptors(message)) {
      for (size_t i = 0; i < DescriptorsIn(message); i++) {
        make.Append(descriptors, descriptor_count++, make.Number(DescriptorAt(message, i)));
      }
    } else if (ReadCredentials(message, &credentials)) {
      make.Set(control, "credentials", FromCredentials(make, credentials));
    } else if (ReadPacketInfo(message, &info)) {
      make.Set(control, "packetInfo", FromPacketInfo(env, make, info));
    } else if (ReadTimestamp(message, &timestamp_ns)) {
      make.Set(control, "timestampNs", make.BigInt(timestamp_ns));
    } else {
      make.Append(raw, raw_count++, FromUnnamed(make, message));
    }
  }
  make.Set(control, "descriptors", descriptors);
  make.Set(control, "raw", raw);
  make.Set(control, "truncated", FromBool(env, is_truncated));
  return control;
}

// receiveMessage(fd, list of bytes, flags, bytes for control): { length, address, truncated, control }, kWouldBlock or
// kNotSupported
napi_value ReceiveMessage(napi_env env, napi_callback_info info) {
  Arguments<4> arguments(env, info);
  Addon& addon = arguments.addon();
  const int fd = arguments.Int(0);
  const int flags = ToKernelFlags(arguments.Uint(2));
  if (flags < 0) return FromInt(env, kNotSupported);
  ControlMemory control(arguments.Uint(3));
  if (control.data() == nullptr) return ThrowSysError(env, addon, {ENOMEM, "malloc"}, fd);
  Vector vector;
  if (!ReadVector(env, arguments.Value(1), &vector)) return ThrowSysError(env, addon, {EFAULT, "recvmsg"}, fd);
  SocketAddress sender = {};
  msghdr message = {};
  const ssize_t length = RetryOnSignal([&] {
    message = {};
    message.msg_name = sender.raw();
    message.msg_namelen = sizeof sender.storage;
    message.msg_iov = vector.parts;
    message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(vector.count);
    message.msg_control = control.size() == 0 ? nullptr : control.data();
    message.msg_controllen = static_cast<decltype(message.msg_controllen)>(control.size());
    return recvmsg(fd, &message, flags | CloseOnExecFlag());
  });
  if (length < 0) return FromTransfer(env, addon, length, "recvmsg", fd);
  const size_t written = message.msg_controllen < control.size() ? message.msg_controllen : control.size();
  SetCloseOnExec(control.data(), written);
  sender.length = message.msg_namelen;
  Maker make(env);
  const napi_value result = make.Object();
  make.Set(result, "length", make.Number(static_cast<double>(length)));
  make.Set(result, "address", FromSender(env, fd, &sender));
  make.Set(result, "truncated", FromBool(env, (message.msg_flags & MSG_TRUNC) != 0));
  make.Set(result, "control", FromControl(env, make, control.data(), written, (message.msg_flags & MSG_CTRUNC) != 0));
  if (make.is_ok()) return result;
  CloseDescriptors(control.data(), written);
  return nullptr;
}

// The bytes of a typed array of `unit` bytes per element; none where it is undefined.
Bytes ReadElements(napi_env env, napi_value value, size_t unit) {
  void* data = nullptr;
  size_t count = 0;
  if (napi_get_typedarray_info(env, value, nullptr, &count, &data, nullptr, nullptr) != napi_ok) return {nullptr, 0};
  return {data, count * unit};
}

int DomainOfSocket(int fd) {
  SocketAddress own = {};
  own.length = sizeof own.storage;
  return getsockname(fd, own.raw(), &own.length) == 0 ? own.storage.ss_family : AF_INET;
}

// The control messages that a call asks for. The memory belongs to JavaScript.
struct WantedControl {
  Bytes descriptors;        // an int each
  Bytes credentials;        // pid, uid, gid as doubles; empty: none
  int32_t interface_index;  // −1: no packet info
  SocketAddress source;     // AF_UNSPEC: none
  Bytes numbers;            // level and type of each of the following
  Vector raw;
};

size_t SpaceFor(const WantedControl& wanted) {
  size_t size = ControlSpace(wanted.descriptors.length);
  size += ControlSpace(sizeof(Credentials)) + ControlSpace(sizeof(SocketAddress));
  for (int i = 0; i < wanted.raw.count; i++) size += ControlSpace(wanted.raw.parts[i].iov_len);
  return size;
}

PutResult PutRaw(ControlWriter& writer, const WantedControl& wanted) {
  const auto* numbers = static_cast<const int32_t*>(wanted.numbers.data);
  const size_t numbered = wanted.numbers.length / (2 * sizeof *numbers);
  for (size_t i = 0; i < numbered && i < static_cast<size_t>(wanted.raw.count); i++) {
    const iovec& data = wanted.raw.parts[i];
    if (!writer.Put(numbers[2 * i], numbers[2 * i + 1], data.iov_base, data.iov_len)) return PutResult::kNoRoom;
  }
  return PutResult::kDone;
}

PutResult PutWanted(ControlWriter& writer, int fd, const WantedControl& wanted) {
  PutResult put = PutResult::kDone;
  if (wanted.descriptors.length > 0) {
    put = PutDescriptors(writer, static_cast<const int*>(wanted.descriptors.data),
                         wanted.descriptors.length / sizeof(int));
  }
  if (put == PutResult::kDone && wanted.credentials.length >= 3 * sizeof(double)) {
    const auto* number = static_cast<const double*>(wanted.credentials.data);
    put = PutCredentials(
        writer, {static_cast<int32_t>(number[0]), static_cast<uint32_t>(number[1]), static_cast<uint32_t>(number[2])});
  }
  if (put == PutResult::kDone && wanted.interface_index >= 0) {
    const PacketInfo info = {static_cast<uint32_t>(wanted.interface_index), wanted.source};
    put = PutPacketInfo(writer, DomainOfSocket(fd), info);
  }
  return put == PutResult::kDone ? PutRaw(writer, wanted) : put;
}

// Reads what sendMessage() wants from its arguments 6 … 12. False: `*failure` is what the call has to return.
bool ReadWanted(napi_env env, const Arguments<13>& arguments, int fd, WantedControl* wanted, napi_value* failure) {
  *failure = nullptr;
  wanted->interface_index = arguments.Int(8);
  wanted->source = {};
  const bool has_source = wanted->interface_index >= 0 && static_cast<Family>(arguments.Int(9)) != Family::kUnspecified;
  // A source address has no port: the argument after its text is no number, and is read as port 0.
  if (has_source && !ReadSource(env, arguments, 9, fd, &wanted->source, failure)) return false;
  if (!ReadVector(env, arguments.Value(12), &wanted->raw)) {
    ThrowSysError(env, arguments.addon(), {EFAULT, "sendmsg"}, fd);
    return false;
  }
  wanted->descriptors = ReadElements(env, arguments.Value(6), sizeof(int32_t));
  wanted->credentials = ReadElements(env, arguments.Value(7), sizeof(double));
  wanted->numbers = ReadElements(env, arguments.Value(11), sizeof(int32_t));
  return true;
}

// sendMessage(fd, list of bytes, flags, family, text, port, descriptors: Int32Array, credentials: Float64Array,
// interface, source family, source text, raw numbers: Int32Array, raw list of bytes): count, kWouldBlock, kNotNumeric,
// kSourceNotNumeric or kNotSupported. A family of −1: to the peer. An interface of −1: no packet info. A source family
// of 0: no source.
napi_value SendMessage(napi_env env, napi_callback_info info) {
  Arguments<13> arguments(env, info);
  Addon& addon = arguments.addon();
  const int fd = arguments.Int(0);
  const int flags = ToKernelFlags(arguments.Uint(2));
  if (flags < 0) return FromInt(env, kNotSupported);
  napi_value failure = nullptr;
  SocketAddress address = {};
  const bool has_address = static_cast<Family>(arguments.Int(3)) != Family::kNone;
  if (has_address && !ReadAddress(env, arguments, 3, fd, &address, &failure)) return failure;
  WantedControl wanted;
  if (!ReadWanted(env, arguments, fd, &wanted, &failure)) return failure;
  ControlMemory memory(SpaceFor(wanted));
  if (memory.data() == nullptr) return ThrowSysError(env, addon, {ENOMEM, "malloc"}, fd);
  ControlWriter writer(memory.data(), memory.size());
  const PutResult put = PutWanted(writer, fd, wanted);
  if (put == PutResult::kNotSupported) return FromInt(env, kNotSupported);
  if (put == PutResult::kNoRoom) return ThrowSysError(env, addon, {ENOBUFS, "sendmsg"}, fd);
  // The list is read last, because reading it can run JavaScript. Everything else is copied by now.
  Vector vector;
  if (!ReadVector(env, arguments.Value(1), &vector)) return ThrowSysError(env, addon, {EFAULT, "sendmsg"}, fd);
  msghdr message = {};
  message.msg_name = has_address ? address.raw() : nullptr;
  message.msg_namelen = has_address ? address.length : 0;
  message.msg_iov = vector.parts;
  message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(vector.count);
  message.msg_control = writer.length() == 0 ? nullptr : memory.data();
  message.msg_controllen = static_cast<decltype(message.msg_controllen)>(writer.length());
  const ssize_t count = RetryOnSignal([&] { return sendmsg(fd, &message, flags | kNoSignal); });
  return FromTransfer(env, addon, count, "sendmsg", fd);
}

// peerCredentials(fd): { pid?, uid, gid } or kNotSupported
napi_value ReadPeerCredentials(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const int fd = arguments.Int(0);
  Credentials credentials = {};
  const SysError error = PeerCredentials(fd, &credentials);
  if (error.code == ENOSYS) return FromInt(env, kNotSupported);
  if (error) return ThrowSysError(env, arguments.addon(), error, fd);
  Maker make(env);
  return FromCredentials(make, credentials);
}

}  // namespace

void ExportMessages(napi_env env, napi_value sys, Addon* addon) {
  const ExportedFunction functions[] = {
      {"sendMessage", SendMessage}, {"receiveMessage", ReceiveMessage}, {"peerCredentials", ReadPeerCredentials}};
  Export(env, sys, addon, functions);
}

}  // namespace pollux

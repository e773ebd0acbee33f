#include "lists.h"

#include <cstddef>
#include <cstdint>

#include "../common/bits.h"
#include "../common/message_flags.h"
#include "../common/socket_address.h"
#include "../common/submissions.h"
#include "js.h"
#include "sys/received.h"
#include "sys/sys_binding.h"
#include "view.h"

namespace pollux {
namespace {

struct Entry {
  const char* name;
  int64_t number;
};

constexpr int64_t Words(size_t bytes) { return static_cast<int64_t>(bytes / sizeof(int32_t)); }

constexpr Entry kBits[] = {
    {"READABLE", kReadable},   {"WRITABLE", kWritable}, {"PRIORITY", kPriority}, {"READ_CLOSED", kReadClosed},
    {"HANGUP", kHangup},       {"ERROR", kError},       {"EDGE", kEdge},         {"ONESHOT", kOneshot},
    {"EXCLUSIVE", kExclusive},
};

// The layout of BatchMemory, in words.
constexpr Entry kBatch[] = {
    {"STALE", Words(offsetof(BatchMemory, stale))},
    {"HEADER_WORDS", Words(sizeof(BatchMemory))},
    {"EVENT_WORDS", Words(sizeof(Event))},
    {"FD", Words(sizeof(BatchMemory) + offsetof(Event, fd))},
    {"READINESS", Words(sizeof(BatchMemory) + offsetof(Event, readiness))},
    {"GENERATION", Words(sizeof(BatchMemory) + offsetof(Event, generation))},
};

// The layout of Received, in words.
constexpr Entry kReceived[] = {
    {"SEGMENT", Words(offsetof(Received, segment))},
    {"TRUNCATED", Words(offsetof(Received, is_truncated))},
    {"OTHER_SENDER", Words(offsetof(Received, is_other_sender))},
    {"WORDS", Words(sizeof(Received))},
};

constexpr Entry kResults[] = {
    {"WOULD_BLOCK", kWouldBlock}, {"KERNEL_LACKS_IT", kNotSupported},        {"NOT_NUMERIC", kNotNumeric},
    {"FAILED", kFailed},          {"SOURCE_NOT_NUMERIC", kSourceNotNumeric},
};
static_assert(kBlocked == kWouldBlock, "one number says in all results that a call would block");

// The layout of Submission, in words.
constexpr Entry kSubmission[] = {
    {"WORDS", Words(sizeof(Submission))},
    {"OPERATION", Words(offsetof(Submission, operation))},
    {"FD", Words(offsetof(Submission, fd))},
    {"VIEW", Words(offsetof(Submission, view))},
    {"OFFSET_LOW", Words(offsetof(Submission, offset_low))},
    {"OFFSET_HIGH", Words(offsetof(Submission, offset_high))},
    {"LENGTH", Words(offsetof(Submission, length))},
    {"FLAGS", Words(offsetof(Submission, flags))},
    {"RESULT", Words(offsetof(Submission, result))},
    {"FAILURE", Words(offsetof(Submission, failure))},
    {"KEPT_VIEWS", kKeptViews},
};

constexpr Entry kOperations[] = {
    {"read", static_cast<int64_t>(Operation::kRead)},
    {"write", static_cast<int64_t>(Operation::kWrite)},
    {"recv", static_cast<int64_t>(Operation::kReceive)},
    {"send", static_cast<int64_t>(Operation::kSend)},
};

constexpr Entry kFamilies[] = {
    {"none", static_cast<int64_t>(Family::kNone)}, {"own", static_cast<int64_t>(Family::kUnspecified)},
    {"raw", static_cast<int64_t>(Family::kRaw)},   {"unix", static_cast<int64_t>(Family::kUnix)},
    {"ipv4", static_cast<int64_t>(Family::kIpv4)}, {"ipv6", static_cast<int64_t>(Family::kIpv6)},
};

constexpr Entry kTypes[] = {
    {"stream", static_cast<int64_t>(SocketType::kStream)},
    {"dgram", static_cast<int64_t>(SocketType::kDatagram)},
    {"seqpacket", static_cast<int64_t>(SocketType::kSequencedPacket)},
};

constexpr Entry kDirections[] = {
    {"read", static_cast<int64_t>(Direction::kRead)},
    {"write", static_cast<int64_t>(Direction::kWrite)},
    {"both", static_cast<int64_t>(Direction::kBoth)},
};

constexpr Entry kArguments[] = {
    {"number", static_cast<int64_t>(ArgumentKind::kNumber)},
    {"bytes", static_cast<int64_t>(ArgumentKind::kBytes)},
};

constexpr Entry kLocks[] = {
    {"unlocked", static_cast<int64_t>(LockState::kUnlocked)},
    {"shared", static_cast<int64_t>(LockState::kShared)},
    {"exclusive", static_cast<int64_t>(LockState::kExclusive)},
};

template <size_t kCount>
void ExportList(napi_env env, napi_value lists, const char* name, const Entry (&entries)[kCount]) {
  napi_value list = nullptr;
  napi_create_object(env, &list);
  for (const Entry& entry : entries) {
    SetProperty(env, list, entry.name, FromNumber(env, static_cast<double>(entry.number)));
  }
  SetProperty(env, lists, name, list);
}

void ExportMessageFlags(napi_env env, napi_value lists) {
  napi_value list = nullptr;
  napi_create_object(env, &list);
  for (const MessageFlag& flag : kMessageFlags) {
    SetProperty(env, list, flag.name, FromNumber(env, flag.bit));
  }
  SetProperty(env, lists, "messageFlags", list);
}

}  // namespace

void ExportLists(napi_env env, napi_value exports) {
  napi_value lists = nullptr;
  napi_create_object(env, &lists);
  ExportList(env, lists, "bits", kBits);
  ExportList(env, lists, "batch", kBatch);
  ExportList(env, lists, "received", kReceived);
  ExportList(env, lists, "results", kResults);
  ExportList(env, lists, "families", kFamilies);
  ExportList(env, lists, "types", kTypes);
  ExportList(env, lists, "directions", kDirections);
  ExportList(env, lists, "arguments", kArguments);
  ExportList(env, lists, "locks", kLocks);
  ExportList(env, lists, "submission", kSubmission);
  ExportList(env, lists, "operations", kOperations);
  ExportMessageFlags(env, lists);
  SetProperty(env, exports, "lists", lists);
}

}  // namespace pollux

// Many calls in one crossing: what class SubmissionQueue of TypeScript asks for.
//
// The JavaScript object keeps the memory of the calls and the views alive, and nobody else has the external: no call
// can come when they are gone.
#include "../../common/submissions.h"

#include "../../common/allocation.h"
#include "../addon.h"
#include "sys_binding.h"

namespace pollux {
namespace {

void Release(napi_env, void* data, void*) { Destroy(static_cast<Submissions*>(data)); }

// openSubmissions(memory): the external of a queue. The memory's length is that of all its calls.
napi_value OpenSubmissions(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  size_t words = 0;
  void* memory = nullptr;
  napi_value external = nullptr;
  Submissions* submissions = nullptr;
  if (napi_get_typedarray_info(env, arguments.Value(0), nullptr, &words, &memory, nullptr, nullptr) == napi_ok) {
    const auto capacity = static_cast<uint32_t>(words * sizeof(int32_t) / sizeof(Submission));
    submissions = Submissions::Open(static_cast<Submission*>(memory), capacity);
  }
  if (submissions != nullptr && napi_create_external(env, submissions, Release, nullptr, &external) == napi_ok) {
    return external;
  }
  Destroy(submissions);
  return ThrowSysError(env, arguments.addon(), {ENOMEM, "malloc"}, -1);
}

// submit(queue, first, end, views, first new view): makes the calls `first` … `end` − 1. The views before the first new
// one are where they were.
napi_value Submit(napi_env env, napi_callback_info info) {
  Arguments<5> arguments(env, info);
  void* data = nullptr;
  if (napi_get_value_external(env, arguments.Value(0), &data) != napi_ok) return nullptr;
  auto* submissions = static_cast<Submissions*>(data);
  uint32_t views = 0;
  napi_get_array_length(env, arguments.Value(3), &views);
  for (uint32_t i = arguments.Uint(4); i < views && i < submissions->most_views(); i++) {
    napi_value view = nullptr;
    Extent extent = {nullptr, 0};
    napi_get_element(env, arguments.Value(3), i, &view);
    napi_get_typedarray_info(env, view, nullptr, &extent.length, &extent.data, nullptr, nullptr);
    submissions->Place(i, extent);
  }
  submissions->Run(arguments.Uint(1), arguments.Uint(2), arguments.addon().write_state);
  return nullptr;
}

}  // namespace

void ExportSubmissions(napi_env env, napi_value sys, Addon* addon) {
  const ExportedFunction functions[] = {{"openSubmissions", OpenSubmissions}, {"submit", Submit}};
  Export(env, sys, addon, functions);
}

}  // namespace pollux

// exports.sys: the functions behind pollux/sys.
#include "sys_binding.h"

#include "../../common/os_calls.h"
#include "../../common/socket_address.h"
#include "../addon.h"

namespace pollux {

namespace {

// describeError(errno): [name, text]; undefined: nothing is known of it
napi_value DescribeErrorNumber(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const char* name = nullptr;
  char text[128] = "";
  if (!DescribeError(arguments.Int(0), &name, text, sizeof text)) return nullptr;
  napi_value pair = nullptr;
  napi_create_array_with_length(env, 2, &pair);
  napi_set_element(env, pair, 0, FromText(env, name));
  napi_set_element(env, pair, 1, FromText(env, text));
  return pair;
}

}  // namespace

void ExportSys(napi_env env, napi_value exports, Addon* addon) {
  napi_value sys = nullptr;
  napi_create_object(env, &sys);
  SetProperty(env, sys, "longestPath", FromNumber(env, static_cast<double>(LongestPath())));
  SetProperty(env, sys, "hasAbstractNames", FromBool(env, HasAbstractNames()));
  const ExportedFunction functions[] = {{"describeError", DescribeErrorNumber}};
  Export(env, sys, addon, functions);
  ExportStreams(env, sys, addon);
  ExportDatagrams(env, sys, addon);
  ExportSockets(env, sys, addon);
  ExportSocketOptions(env, sys, addon);
  ExportDescriptors(env, sys, addon);
  ExportZeroCopy(env, sys, addon);
  ExportTerminals(env, sys, addon);
  ExportTerminalSettings(env, sys, addon);
  ExportSources(env, sys, addon);
  ExportSubmissions(env, sys, addon);
  ExportInotify(env, sys, addon);
  ExportNames(env, sys, addon);
  ExportMessages(env, sys, addon);
  ExportIoctl(env, sys, addon);
  ExportLocks(env, sys, addon);
  ExportSegments(env, sys, addon);
  ExportRawOptions(env, sys, addon);
  SetProperty(env, exports, "sys", sys);
}

}  // namespace pollux

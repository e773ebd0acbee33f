// exports.sys: the functions behind pollux/sys.
#include "sys_binding.h"

#include "addon.h"
#include "os_calls.h"
#include "socket_address.h"

namespace pollux {

void ExportSys(napi_env env, napi_value exports, Addon* addon) {
  napi_value sys = nullptr;
  napi_create_object(env, &sys);
  SetProperty(env, sys, "longestPath", FromNumber(env, static_cast<double>(LongestPath())));
  SetProperty(env, sys, "hasAbstractNames", FromBool(env, HasAbstractNames()));
  ExportStreams(env, sys, addon);
  ExportDatagrams(env, sys, addon);
  ExportSockets(env, sys, addon);
  ExportSocketOptions(env, sys, addon);
  ExportDescriptors(env, sys, addon);
  ExportZeroCopy(env, sys, addon);
  ExportTerminals(env, sys, addon);
  ExportInotify(env, sys, addon);
  SetProperty(env, exports, "sys", sys);
}

}  // namespace pollux

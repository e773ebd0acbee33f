#include "addon.h"
#include "js.h"
namespace pollux {
void ExportSys(napi_env, napi_value, Addon*) {}
}

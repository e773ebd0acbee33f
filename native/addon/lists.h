// The numbers that C++ and TypeScript both define.
#pragma once

#include <node_api.h>

namespace pollux {

// exports.lists: { list: { name: number } }. src/addon/lists.ts compares them with its own when the addon is loaded.
void ExportLists(napi_env env, napi_value exports);

}  // namespace pollux

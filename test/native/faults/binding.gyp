{
  "targets": [
    {
      "target_name": "faults",
      "sources": ["faults.cc", "interposed.cc"],
      "defines": ["NAPI_VERSION=8"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20"],
      "cflags_cc": ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-O1", "-fno-exceptions", "-fno-rtti"],
      "ldflags": ["-Wl,-z,lazy", "-static-libstdc++", "-static-libgcc"],
      "libraries": ["-ldl"]
    }
  ]
}

{
  "targets": [
    {
      "target_name": "pump",
      "sources": ["pump.c"],
      "defines": ["NAPI_VERSION=8"],
      "cflags": ["-Wall", "-Wextra", "-Werror", "-O1"]
    }
  ]
}

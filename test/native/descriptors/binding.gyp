{
  "targets": [
    {
      "target_name": "descriptors",
      "sources": ["descriptors.c"],
      "defines": ["NAPI_VERSION=8", "_GNU_SOURCE"],
      "cflags": ["-Wall", "-Wextra", "-Werror", "-O1"]
    }
  ]
}

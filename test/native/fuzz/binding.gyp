{
  "targets": [
    {
      "target_name": "fuzz",
      "sources": ["fuzz.c"],
      "defines": ["NAPI_VERSION=8", "_GNU_SOURCE"],
      "cflags": ["-Wall", "-Wextra", "-Werror", "-O2"]
    }
  ]
}

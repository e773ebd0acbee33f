{
  "targets": [
    {
      "target_name": "sandbox",
      "sources": ["sandbox.c"],
      "defines": ["NAPI_VERSION=8", "_GNU_SOURCE"],
      "cflags": ["-Wall", "-Wextra", "-Werror", "-O1"]
    }
  ]
}

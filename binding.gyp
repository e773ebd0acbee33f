{
  "targets": [
    {
      "target_name": "pollux",
      "includes": ["native/pollux.gypi"],
      "cflags_cc": ["-Werror"],
      "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["-Werror"] }
    }
  ]
}

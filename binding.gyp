{
  "targets": [
    {
      "target_name": "pollux",
      "sources": [
        "native/common/addon.cc",
        "native/common/batch_delivery.cc",
        "native/common/host_poll.cc",
        "native/common/host_poll_binding.cc",
        "native/common/poller_binding.cc",
        "native/common/registry.cc",
        "native/common/shared_pollers.cc",
        "native/common/socket_address.cc",
        "native/common/socket_options.cc",
        "native/common/sys_binding.cc",
        "native/common/sys_datagrams_binding.cc",
        "native/common/sys_descriptors_binding.cc",
        "native/common/sys_options_binding.cc",
        "native/common/sys_sockets_binding.cc",
        "native/common/sys_streams_binding.cc",
        "native/common/sys_zero_copy_binding.cc",
        "native/common/thread_host_poll.cc",
        "native/common/uv_calls.cc",
        "native/common/uv_host_poll.cc",
        "native/common/view.cc",
        "native/common/views.cc"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=8", "NAPI_DISABLE_CPP_EXCEPTIONS", "NODE_ADDON_API_DISABLE_DEPRECATED"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20"],
      "cflags_cc": [
        "-std=c++17", "-Wall", "-Wextra", "-Werror", "-O2",
        "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics",
        "-fvisibility=hidden", "-fvisibility-inlines-hidden",
        "-ffunction-sections", "-fdata-sections"
      ],
      "ldflags": ["-Wl,--gc-sections",  "-static-libstdc++", "-static-libgcc"],
      "conditions": [
        ["OS=='linux'", {
          "sources": [
            "native/linux/deadline_wait.cc",
            "native/linux/epoll_backend.cc",
            "native/linux/eventfd_waker.cc",
            "native/linux/os_calls.cc"
          ],
          "libraries": ["-ldl"]
        }],
        ["OS in 'mac freebsd netbsd openbsd'.split()", {
          "sources": [
            "native/bsd/aftermath.cc",
            "native/bsd/change_list.cc",
            "native/bsd/deadline_wait.cc",
            "native/bsd/direction_query.cc",
            "native/bsd/file_kind.cc",
            "native/bsd/knotes.cc",
            "native/bsd/kqueue_backend.cc",
            "native/bsd/kqueue_waker.cc",
            "native/bsd/merged_records.cc",
            "native/bsd/os_calls.cc",
            "native/bsd/readiness.cc",
            "native/bsd/waiter.cc"
          ]
        }],
        ["OS=='mac'", {
          "xcode_settings": {
            "MACOSX_DEPLOYMENT_TARGET": "11.0",
            "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
            "GCC_ENABLE_CPP_EXCEPTIONS": "NO",
            "GCC_ENABLE_CPP_RTTI": "NO",
            "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
            "DEAD_CODE_STRIPPING": "YES",
            "OTHER_CPLUSPLUSFLAGS": ["-Wall", "-Wextra", "-Werror", "-O2", "-fno-threadsafe-statics"]
          }
        }]
      ]
    }
  ]
}

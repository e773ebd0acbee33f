{
  "variables": {
    "digest_file": "source-digest.js",
    "addon_api_file": "addon-api.js",
    "common_files": [
      "common/addon.cc",
      "common/batch_delivery.cc",
      "common/host_poll.cc",
      "common/host_poll_binding.cc",
      "common/owned_descriptors.cc",
      "common/poller_binding.cc",
      "common/registry.cc",
      "common/shared_pollers.cc",
      "common/socket_address.cc",
      "common/socket_options.cc",
      "common/sys_binding.cc",
      "common/sys_datagrams_binding.cc",
      "common/sys_descriptors_binding.cc",
      "common/sys_inotify_binding.cc",
      "common/sys_options_binding.cc",
      "common/sys_sockets_binding.cc",
      "common/sys_streams_binding.cc",
      "common/sys_terminals_binding.cc",
      "common/sys_zero_copy_binding.cc",
      "common/thread_host_poll.cc",
      "common/uv_calls.cc",
      "common/uv_host_poll.cc",
      "common/view.cc",
      "common/views.cc"
    ],
    "linux_files": [
      "linux/deadline_wait.cc",
      "linux/epoll_backend.cc",
      "linux/error_names.cc",
      "linux/eventfd_waker.cc",
      "linux/lookout.cc",
      "linux/os_calls.cc",
      "linux/quiet_write.cc"
    ],
    "bsd_files": [
      "bsd/aftermath.cc",
      "bsd/change_list.cc",
      "bsd/deadline_wait.cc",
      "bsd/direction_query.cc",
      "bsd/file_kind.cc",
      "bsd/knotes.cc",
      "bsd/kqueue_backend.cc",
      "bsd/kqueue_waker.cc",
      "bsd/lookout.cc",
      "bsd/late_listeners.cc",
      "bsd/merged_records.cc",
      "bsd/os_calls.cc",
      "bsd/readiness.cc",
      "bsd/waiter.cc"
    ]
  },
  "sources": ["<@(common_files)"],
  "include_dirs": ["<!@(node <(addon_api_file))"],
  "defines": ["NAPI_VERSION=8", "NAPI_DISABLE_CPP_EXCEPTIONS", "NODE_ADDON_API_DISABLE_DEPRECATED"],
  "cflags!": ["-mminimal-toc"],
  "cflags_cc!": ["-std=gnu++17", "-std=gnu++20"],
  "cflags_cc": [
    "-std=c++17", "-Wall", "-Wextra", "-O2",
    "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics",
    "-fvisibility=hidden", "-fvisibility-inlines-hidden",
    "-ffunction-sections", "-fdata-sections"
  ],
  "ldflags": ["-Wl,--gc-sections"],
  "conditions": [
    ["OS=='linux'", {
      "sources": ["<@(linux_files)"],
      "defines": ["POLLUX_SOURCES=\"<!(node <(digest_file) linux)\""],
      "ldflags": ["-static-libstdc++", "-static-libgcc"]
    }],
    ["OS in 'mac freebsd netbsd openbsd'.split()", {
      "sources": ["<@(bsd_files)"],
      "defines": ["POLLUX_SOURCES=\"<!(node <(digest_file) bsd)\""]
    }],
    ["OS=='mac'", {
      "xcode_settings": {
        "MACOSX_DEPLOYMENT_TARGET": "11.0",
        "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
        "GCC_ENABLE_CPP_EXCEPTIONS": "NO",
        "GCC_ENABLE_CPP_RTTI": "NO",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
        "DEAD_CODE_STRIPPING": "YES",
        "OTHER_CPLUSPLUSFLAGS": ["-Wall", "-Wextra", "-O2", "-fno-threadsafe-statics"]
      }
    }]
  ]
}

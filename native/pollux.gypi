{
  "variables": {
    "digest_file": "source-digest.js",
    "addon_api_file": "addon-api.js",
    "common_files": [
      "common/control_messages.cc",
      "common/datagram_segments.cc",
      "common/internet_options.cc",
      "common/registry.cc",
      "common/shared_pollers.cc",
      "common/socket_address.cc",
      "common/socket_options.cc",
      "common/submissions.cc",
      "addon/addon.cc",
      "addon/batch_delivery.cc",
      "addon/lists.cc",
      "addon/owned_descriptors.cc",
      "addon/poller_binding.cc",
      "addon/view.cc",
      "addon/views.cc",
      "addon/host_loop/host_poll.cc",
      "addon/host_loop/host_poll_binding.cc",
      "addon/host_loop/thread_host_poll.cc",
      "addon/host_loop/uv_calls.cc",
      "addon/host_loop/uv_host_poll.cc",
      "addon/sys/addresses.cc",
      "addon/sys/datagrams_binding.cc",
      "addon/sys/descriptors_binding.cc",
      "addon/sys/inotify_binding.cc",
      "addon/sys/ioctl_binding.cc",
      "addon/sys/locks_binding.cc",
      "addon/sys/messages_binding.cc",
      "addon/sys/names_binding.cc",
      "addon/sys/options_binding.cc",
      "addon/sys/raw_options_binding.cc",
      "addon/sys/segments_binding.cc",
      "addon/sys/sockets_binding.cc",
      "addon/sys/sources_binding.cc",
      "addon/sys/streams_binding.cc",
      "addon/sys/submissions_binding.cc",
      "addon/sys/sys_binding.cc",
      "addon/sys/terminal_settings_binding.cc",
      "addon/sys/terminals_binding.cc",
      "addon/sys/zero_copy_binding.cc"
    ],
    "linux_files": [
      "linux/entries.cc",
      "linux/epoll_backend.cc",
      "linux/epoll_calls.cc",
      "linux/epoll_waker.cc",
      "linux/os_calls.cc",
      "linux/os_errors.cc",
      "linux/os_sources.cc",
      "linux/os_terminals.cc",
      "linux/os_write.cc",
      "linux/record_buffer.cc",
      "posix/descriptors.cc",
      "posix/file_kind.cc",
      "posix/terminal_lines.cc"
    ],
    "bsd_files": [
      "bsd/change_list.cc",
      "bsd/knotes.cc",
      "bsd/kqueue_backend.cc",
      "bsd/kqueue_sources.cc",
      "bsd/kqueue_waker.cc",
      "bsd/os_calls.cc",
      "bsd/os_errors.cc",
      "bsd/os_terminals.cc",
      "bsd/os_write.cc",
      "bsd/readiness.cc",
      "bsd/record_buffer.cc",
      "bsd/registration.cc",
      "bsd/source_table.cc",
      "bsd/upkeep.cc",
      "posix/descriptors.cc",
      "posix/file_kind.cc",
      "posix/terminal_lines.cc"
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

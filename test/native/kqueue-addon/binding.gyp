{
  "targets": [
    {
      "target_name": "kqueue_simulator",
      "type": "static_library",
      "sources": ["<!@(node -p \"require('fs').readdirSync('../../kqueue-simulator/src').filter((f) => f.endsWith('.cc')).map((f) => '../../kqueue-simulator/src/' + f).join(' ')\")"],
      "include_dirs": ["../../kqueue-simulator/include"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-fno-exceptions", "-fno-rtti"],
      "cflags_cc": ["-std=c++17", "-Wall", "-Wextra", "-O2", "-fvisibility=hidden"]
    },
    {
      "target_name": "pollux",
      "dependencies": ["kqueue_simulator"],
      "sources": [
        "<!@(node -p \"['common', 'addon', 'addon/host_loop', 'addon/sys', 'posix'].flatMap((d) => require('fs').readdirSync('../../../native/' + d).filter((f) => f.endsWith('.cc')).map((f) => '../../../native/' + d + '/' + f)).join(' ')\")",
        "<!@(node -p \"require('fs').readdirSync('../../../native/bsd').filter((f) => f.endsWith('.cc') && !f.startsWith('os_')).map((f) => '../../../native/bsd/' + f).join(' ')\")",
        "../../../native/linux/epoll_calls.cc",
        "../../../native/linux/os_calls.cc",
        "../../../native/linux/os_errors.cc",
        "../../../native/linux/os_terminals.cc",
        "../../../native/linux/os_write.cc"
      ],
      "include_dirs": ["../../kqueue-simulator/include", "<!@(node ../../../native/addon-api.js)"],
      "defines": ["NAPI_VERSION=8", "NAPI_DISABLE_CPP_EXCEPTIONS"],
      # All of the simulator: a sanitizer's library has recv(), read() and fcntl() of its own, and an archive gives its
      # members only for what is missing.
      "ldflags": ["-Wl,--whole-archive"],
      "libraries": ["-Wl,--no-whole-archive"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20"],
      "cflags_cc": [
        "-std=c++17", "-Wall", "-Wextra", "-Werror", "-O2",
        "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics",
        "-fvisibility=hidden", "-fvisibility-inlines-hidden"
      ]
    }
  ]
}

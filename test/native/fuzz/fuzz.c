// What the fuzzer asks the kernel in one call: poll(2) of many descriptors, and numbers that are in use or free.
#include <errno.h>
#include <fcntl.h>
#include <node_api.h>
#include <poll.h>
#include <stdint.h>
#include <unistd.h>

#define MOST_DESCRIPTORS 256
#define MOST_ARGUMENTS 3

static int Numbers(napi_env env, napi_callback_info info, int32_t* numbers, napi_value* first) {
  napi_value values[MOST_ARGUMENTS];
  size_t count = MOST_ARGUMENTS;
  napi_get_cb_info(env, info, &count, values, NULL, NULL);
  if (first != NULL) *first = values[0];
  for (size_t i = 0; i < count && i < MOST_ARGUMENTS; i++) {
    napi_get_value_int32(env, values[i], &numbers[i]);
  }
  return (int)count;
}

static napi_value Number(napi_env env, int32_t number) {
  napi_value value = NULL;
  napi_create_int32(env, number, &value);
  return value;
}

// poll(table: Int32Array, count): table holds pairs of a descriptor and the events that poll(2) reports of it now, of
// all that it can report. Returns what poll(2) returned.
static napi_value Poll(napi_env env, napi_callback_info info) {
  int32_t numbers[MOST_ARGUMENTS] = {0, 0, 0};
  napi_value array = NULL;
  Numbers(env, info, numbers, &array);
  int32_t* table = NULL;
  size_t length = 0;
  napi_get_typedarray_info(env, array, NULL, &length, (void**)&table, NULL, NULL);
  struct pollfd entries[MOST_DESCRIPTORS];
  const int count = numbers[1];
  if (count < 0 || count > MOST_DESCRIPTORS || (size_t)count * 2 > length) return Number(env, -EINVAL);
  for (int i = 0; i < count; i++) {
    entries[i].fd = table[2 * i];
    entries[i].events = POLLIN | POLLPRI | POLLOUT | POLLRDHUP;
    entries[i].revents = 0;
  }
  int ready = 0;
  do {
    ready = poll(entries, (nfds_t)count, 0);
  } while (ready < 0 && errno == EINTR);
  for (int i = 0; i < count; i++) table[2 * i + 1] = (uint16_t)entries[i].revents;
  return Number(env, ready < 0 ? -errno : ready);
}

// isOpen(fd)
static napi_value IsOpen(napi_env env, napi_callback_info info) {
  int32_t numbers[MOST_ARGUMENTS] = {-1, 0, 0};
  Numbers(env, info, numbers, NULL);
  napi_value value = NULL;
  napi_get_boolean(env, fcntl(numbers[0], F_GETFD) >= 0, &value);
  return value;
}

NAPI_MODULE_INIT() {
  const struct {
    const char* name;
    napi_callback callback;
  } functions[] = {{"poll", Poll}, {"isOpen", IsOpen}};
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
    napi_value function = NULL;
    napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].callback, NULL, &function);
    napi_set_named_property(env, exports, functions[i].name, function);
  }
  return exports;
}

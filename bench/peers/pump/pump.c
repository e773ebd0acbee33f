// pump(timeoutMs): runs one turn of Node's event loop from inside a function that it called. Returns when something
// happened or the time is over. libuv does not promise that a turn may be nested in another.
#include <node_api.h>
#include <uv.h>

static void Elapsed(uv_timer_t* timer) { (void)timer; }

static napi_value Pump(napi_env env, napi_callback_info info) {
  static uv_timer_t timer;
  static uv_loop_t* loop = NULL;
  napi_value argument;
  size_t count = 1;
  uint32_t timeout_ms = 0;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  napi_get_value_uint32(env, argument, &timeout_ms);
  if (loop == NULL) {
    napi_get_uv_event_loop(env, &loop);
    uv_timer_init(loop, &timer);
  }
  if (timeout_ms > 0) {
    uv_update_time(loop);
    uv_timer_start(&timer, Elapsed, timeout_ms, 0);
  }
  uv_run(loop, timeout_ms > 0 ? UV_RUN_ONCE : UV_RUN_NOWAIT);
  uv_timer_stop(&timer);
  return NULL;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "pump", NAPI_AUTO_LENGTH, Pump, NULL, &function);
  napi_set_named_property(env, exports, "pump", function);
  return exports;
}

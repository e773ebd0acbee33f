/* GLib's main loop: a source for each descriptor, and one iteration of a GMainContext for each wait.
 *
 *   apt-get install libglib2.0-dev && make -C examples/drivers glib
 *   npx pollux conformance --driver examples/drivers/build/glib
 */
#include "driver.h"

#include <errno.h>
#include <glib-unix.h>
#include <stdlib.h>

enum { MOST = 4096 };

struct poller {
  GMainContext* context;
  struct batch* batch;
  /* g_main_context_wakeup() leaves no mark of its own. */
  gint wakes;
  struct entry {
    GSource* source;
    struct poller* poller;
    bool used;
    int fd;
    int interest;
    int token;
  } entries[MOST];
};

static GIOCondition to_library(int interest) {
  return (interest & READABLE ? G_IO_IN : 0) | (interest & WRITABLE ? G_IO_OUT : 0) |
         (interest & PRIORITY ? G_IO_PRI : 0);
}

static gboolean on_ready(gint fd, GIOCondition condition, gpointer of) {
  struct entry* entry = of;
  int readiness = (condition & (G_IO_IN | G_IO_HUP | G_IO_ERR) ? READABLE : 0) |
                  (condition & (G_IO_OUT | G_IO_ERR) ? WRITABLE : 0) | (condition & G_IO_PRI ? PRIORITY : 0);
  report(entry->poller->batch, fd,
         (readiness & entry->interest) | (condition & G_IO_HUP ? HANGUP : 0) |
             (condition & (G_IO_ERR | G_IO_NVAL) ? ERROR : 0),
         entry->token);
  return entry->interest & ONESHOT ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static gboolean on_time(gpointer is_over) {
  *(bool*)is_over = true;
  return G_SOURCE_REMOVE;
}

static void* open_poller(int capacity, int* fd) {
  (void)capacity, (void)fd;
  struct poller* poller = calloc(1, sizeof *poller);
  poller->context = g_main_context_new();
  /* A source that is attached by another thread than the owner wakes the context. */
  g_main_context_acquire(poller->context);
  return poller;
}

static void stop(struct entry* entry) {
  if (entry->source == NULL) return;
  g_source_destroy(entry->source);
  g_source_unref(entry->source);
  entry->source = NULL;
}

static int start(struct poller* poller, int fd, int interest, int token) {
  struct entry* entry = &poller->entries[fd];
  *entry = (struct entry){NULL, poller, true, fd, interest, token};
  if (to_library(interest) == 0) return 0;
  entry->source = g_unix_fd_source_new(fd, to_library(interest) | G_IO_HUP | G_IO_ERR);
  g_source_set_callback(entry->source, G_SOURCE_FUNC(on_ready), entry, NULL);
  g_source_attach(entry->source, poller->context);
  return 0;
}

static int add(void* of, int fd, int interest, int token) {
  struct poller* poller = of;
  if (interest & (EDGE | EXCLUSIVE | READ_CLOSED)) return ENOTSUP;
  if (fd >= MOST) return EBADF;
  return poller->entries[fd].used ? EEXIST : start(poller, fd, interest, token);
}

static int remove_(void* of, int fd) {
  struct poller* poller = of;
  if (fd >= MOST || !poller->entries[fd].used) return ENOENT;
  stop(&poller->entries[fd]);
  poller->entries[fd].used = false;
  return 0;
}

static int modify(void* of, int fd, int interest, int token) {
  if (interest & (EDGE | EXCLUSIVE | READ_CLOSED)) return ENOTSUP;
  int error = remove_(of, fd);
  return error != 0 ? error : start(of, fd, interest, token);
}

static void wait_(void* of, long long timeout_ns, struct batch* batch) {
  struct poller* poller = of;
  int left = left_ms(deadline_of(timeout_ns));
  bool is_over = left == 0;
  GSource* timer = NULL;
  poller->batch = batch;
  if (left > 0) {
    timer = g_timeout_source_new(left);
    g_source_set_callback(timer, on_time, &is_over, NULL);
    g_source_attach(timer, poller->context);
  }
  do {
    g_main_context_iteration(poller->context, left != 0);
    batch->woken = g_atomic_int_exchange(&poller->wakes, 0) != 0;
  } while (batch->length == 0 && !batch->woken && !is_over);
  if (timer == NULL) return;
  g_source_destroy(timer);
  g_source_unref(timer);
}

static void wake(void* of) {
  struct poller* poller = of;
  g_atomic_int_set(&poller->wakes, 1);
  g_main_context_wakeup(poller->context);
}

static void close_poller(void* of) {
  struct poller* poller = of;
  for (int fd = 0; fd < MOST; fd++) stop(&poller->entries[fd]);
  g_main_context_release(poller->context);
  g_main_context_unref(poller->context);
  free(poller);
}

int main(void) {
  return drive(&(struct driver){
      .name = "GLib, GMainContext",
      .lacks = "\"edge\":\"GLib has no edges\",\"exclusive\":\"GLib has no exclusive mode\","
               "\"readClosed\":\"GIOCondition has no end of the peer\","
               "\"nested\":\"a GMainContext has no descriptor\",\"threads\":\"one thread owns a GMainContext\","
               "\"capacity\":\"an iteration dispatches all that is ready\","
               "\"subMillisecond\":\"the timeouts of GLib are those of poll(2), in milliseconds\"",
      .resolution_ns = 1000000,
      .open = open_poller,
      .add = add,
      .modify = modify,
      .remove = remove_,
      .wait = wait_,
      .wake = wake,
      .close = close_poller});
}

#include "personality.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <initializer_list>

namespace simulator {
namespace {

Personality FreeBsd() {
  Personality p = {};
  p.name = "freebsd";
  p.has_user_filter = true;
  p.has_timer_units = true;
  p.every_change_updates = true;
  p.refuses_enable_with_disable = true;
  p.refuses_itself = true;
  p.broken_pipe_error = EPIPE;
  p.pipe_close_makes_oneshot = true;
  p.pipes_are_duplex = true;
  p.named_fifo_reports_eof = true;
  p.end_of_fifo_stays = true;
  p.end_of_terminal_stays = true;
  p.timer_restarts_on_add = true;
  p.finds_ended_processes = true;
  p.unpolled_device_error = ENODEV;
  return p;
}

Personality NetBsd() {
  Personality p = {};
  p.name = "netbsd";
  p.keeps_action_flags = true;
  p.clear_excludes_dispatch = true;
  p.broken_pipe_error = EBADF;
  p.named_fifo_reports_eof = true;
  p.fifo_writer_watches_reader = true;
  p.reading_takes_end_of_fifo = true;
  p.filter_is_chosen_when_added = true;
  p.terminal_never_ends = true;
  p.datagrams_count_address = true;
  p.refusal_has_errno = true;
  p.regular_file_error = EOPNOTSUPP;
  p.close_wakes_waiters = true;
  return p;
}

// These answers were not measured. They are those of FreeBSD, changed by what the sources of XNU and reports of its
// users say.
Personality Darwin() {
  Personality p = FreeBsd();
  p.name = "darwin";
  p.refuses_itself = false;
  p.pipes_are_duplex = false;
  p.has_except_filter = true;
  p.except_reports_data = true;
  p.named_fifo_reports_eof = false;
  p.fifo_counts_at_both_ends = true;
  p.finds_ended_processes = false;
  p.refuses_dev_tty = true;
  p.longest_timeout_s = 100000000;
  p.close_wakes_waiters = true;
  return p;
}

// These answers were not measured. They are what the sources of OpenBSD between 7.6 and 7.7 say.
Personality OpenBsd() {
  Personality p = {};
  p.name = "openbsd";
  p.has_except_filter = true;
  p.has_timer_units = true;
  p.enabling_updates = true;
  p.keeps_action_flags = true;
  p.pipes_are_duplex = true;
  p.named_fifo_reports_eof = true;
  p.fifo_refuses_wrong_end = true;
  p.datagrams_count_address = true;
  p.refusal_has_errno = true;
  p.timer_restarts_on_add = true;
  p.terminal_write_hides_end = true;
  p.close_wakes_waiters = true;
  return p;
}

Personality Choose() {
  const char* name = getenv("KQUEUE_PERSONALITY");
  if (name == nullptr || *name == '\0') return FreeBsd();
  for (const Personality& candidate : {FreeBsd(), NetBsd(), Darwin(), OpenBsd()}) {
    if (strcmp(candidate.name, name) == 0) return candidate;
  }
  fprintf(stderr, "kqueue simulator: KQUEUE_PERSONALITY=%s is not one of freebsd, netbsd, darwin, openbsd\n", name);
  abort();
}

}  // namespace

const Personality& CurrentPersonality() {
  static const Personality personality = Choose();
  return personality;
}

}  // namespace simulator

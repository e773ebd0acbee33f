// What differs between the kernels. The rows named are those of the kqtab table; "XNU" names Apple's sources, "OpenBSD"
// those between OpenBSD 7.6 and 7.7 (kern_event.c 1.200), which were read and not run.
#ifndef KQUEUE_SIMULATOR_PERSONALITY_H
#define KQUEUE_SIMULATOR_PERSONALITY_H

namespace simulator {

struct Personality {
  const char* name;

  bool has_user_filter;
  // XNU has EVFILT_EXCEPT with NOTE_OOB (bsd/kern/uipc_socket.c, soo_kqfilter), and OpenBSD since 6.9; FreeBSD and
  // NetBSD do not.
  bool has_except_filter;
  // XNU's reports normal data too, OpenBSD's does not (filt_soexcept).
  bool except_reports_data;
  // NetBSD before 10 counts milliseconds whatever fflags says.
  bool has_timer_units;

  // FreeBSD runs the filter on every change and lets each of them set udata, fflags and data; NetBSD only on EV_ADD.
  // Rows "EV_DISPATCH" and "EV_ADD twice -> one knote,new udata".
  bool every_change_updates;
  // OpenBSD runs the filter on EV_ADD, and when EV_ENABLE enables a knote (kqueue_register).
  bool enabling_updates;
  // FreeBSD refuses every change that names a dup of the kqueue itself (kqueue_register).
  bool refuses_itself;
  // NetBSD keeps EV_ADD and its like in the flags of a knote and so reports them (kqueue_register).
  bool keeps_action_flags;
  // NetBSD has "else if" between EV_CLEAR and EV_DISPATCH: with both, a knote is never disabled (kqueue_scan).
  bool clear_excludes_dispatch;
  // FreeBSD refuses EV_ENABLE together with EV_DISABLE (kqueue_register).
  bool refuses_enable_with_disable;

  // Rows "WRITE add on pipe, reader gone" and "EOF pipe: reader closed". 0: OpenBSD attaches the knote (pipe_kqfilter).
  int broken_pipe_error;
  bool pipe_close_makes_oneshot;
  // Row "WRITE on pipe read end": FreeBSD pipes carry data both ways, and fcntl(2) calls both ends O_RDWR (run, FreeBSD
  // 13). XNU has a filter that says nothing for the read end (sys_pipe.c, pipe_kqfilter, EVFILTID_PIPE_N).
  bool pipes_are_duplex;
  // A named FIFO, of which the table has no row. FreeBSD 12 sys_pipe.c, NetBSD fifo_vnops.c: EV_EOF at both ends.
  // XNU bsd/vfs/vfs_vnops.c, filt_vnode_common: bytes and space only.
  bool named_fifo_reports_eof;
  // FreeBSD 12 filt_piperead() never takes EV_EOF back; NetBSD filt_fiforead() does when there is a new other end.
  bool end_of_fifo_stays;
  // Run, NetBSD 7.99: EVFILT_WRITE of a FIFO hangs on the socket of the readers (fifo_kqfilter): EV_EOF from the start,
  // and told of nothing.
  bool fifo_writer_watches_reader;
  // Run, NetBSD 7.99: the end is gone once read(2) has returned 0 (fifo_read clears SS_CANTRCVMORE).
  bool reading_takes_end_of_fifo;
  // OpenBSD fifo_vnops.c, fifo_kqfilter: EINVAL for the direction that it was not opened for.
  bool fifo_refuses_wrong_end;
  // XNU fifo_charcount(), and python/cpython issue 145030: EVFILT_READ of the write end counts what is unread.
  bool fifo_counts_at_both_ends;

  // Row "UDP read data": NetBSD counts the sender's address too, and OpenBSD (filt_soread: sb_cc).
  bool datagrams_count_address;
  // Run, NetBSD 7.99: a socket that was added before listen(2) keeps the filter for data (soo_kqfilter).
  bool filter_is_chosen_when_added;
  // Row "TCP: connect refused".
  bool refusal_has_errno;

  // Row "EVFILT_TIMER re-add changes period".
  bool timer_restarts_on_add;

  // EVFILT_PROC of a process that has ended and was not waited for: FreeBSD attaches and reports it (filt_procattach).
  // OpenBSD filt_procattach(), NetBSD and XNU proc_find(): ESRCH.
  bool finds_ended_processes;

  // Rows "regular file READ/WRITE" and "/dev/null READ/WRITE".
  int regular_file_error;
  int unpolled_device_error;
  // Run, NetBSD 7.99: no terminal gives EV_EOF on either side, and EVFILT_WRITE is silent when the other side has gone
  // (tty.c, filt_ttyread; tty_pty.c, filt_ptcread).
  bool terminal_never_ends;
  // FreeBSD tty_pts.c and XNU tty_ptmx.c and tty.c: EV_EOF stays when a slave is opened again.
  bool end_of_terminal_stays;
  // OpenBSD tty.c, filt_ttywrite, and tty_pty.c, filt_ptcwrite: EVFILT_WRITE does not tell that the other side has
  // gone; it has space at the slave then, and none at the master.
  bool terminal_write_hides_end;
  // Reported for macOS: EV_ADD of /dev/tty is EINVAL.
  bool refuses_dev_tty;

  // XNU: itimerfix() refuses more than 10^8 seconds. 0: no limit.
  long long longest_timeout_s;
  // close() of a kqueue ends the waits on it on macOS, NetBSD and OpenBSD, not on FreeBSD.
  bool close_wakes_waiters;
};

// Chosen by KQUEUE_PERSONALITY at the first call. Aborts on an unknown name.
const Personality& CurrentPersonality();

}  // namespace simulator

#endif

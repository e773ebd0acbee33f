// The drivers of examples/drivers whose runs docs/results/peers.md shows, and what there is to say about each.
const ONE_TABLE =
  'The library knows handles, and no numbers: EEXIST and ENOENT come from a table of the driver, which does not learn that a number was closed or is not open (modify.6, remove.6, most of *reuse*).';
const NEVER_REFUSES =
  'Nothing is checked when a descriptor is added: a number that is not open, a regular file or a device that is always ready is accepted (register.4 to register.6, kind.8).';

const inC = (name, title, notes) => ({
  file: `peers/driver-${name}`,
  name: title,
  source: `examples/drivers/${name}.c`,
  command: `exec examples/drivers/build/${name}`,
  notes,
});
const inPython = (name, title, notes) => ({
  file: `peers/driver-${name.replace('_', '-')}`,
  name: title,
  source: `examples/drivers/${name}.py`,
  command: `exec python3 examples/drivers/${name}.py`,
  notes,
});

export const DRIVERS = [
  inC('epoll', 'raw epoll, C', [
    'EPOLLHUP and EPOLLERR cannot be turned off: a registration with interest 0 still reports them, and every wait returns at once (pause.2, pause.3, pause.6, pause.10, hangup.13).',
    'The key is a number and an open file, so a file that lives on in a duplicate is reported under a number that belongs to another file by then (reuse.11).',
    'epoll_ctl(2) refuses EPOLL_CTL_MOD of an exclusive registration with EINVAL (exclusive.3, exclusive.5).',
  ]),
  inC('poll', 'poll(2), C', [
    'Nothing is checked by add: poll(2) sees the list when it waits, and reports POLLNVAL for a number that is not open, here as ERROR (register.4 to register.6, kind.8, reuse.1, reuse.2).',
    'The list has numbers, and no files: a number that was closed and used again is simply the new file (reuse.3 to reuse.11).',
    'The list of the driver says ENOENT for a number that is not open (modify.6, remove.6).',
  ]),
  inC('libevent', 'libevent 2.1.12, C', [
    'EV_READ and EV_WRITE stand for EPOLLHUP and EPOLLERR as well: the callbacks know neither HANGUP nor ERROR (most of *hangup* and *error*).',
    'EV_CLOSED is EPOLLRDHUP alone, so the end of a pipe, which is EPOLLHUP, is readable and not closed (hangup.1 to hangup.5).',
    ONE_TABLE,
    'A turn of the loop takes 32 events at first, and more only after it was full (limits.3).',
  ]),
  inC('libev', 'libev 4.33, C', [
    NEVER_REFUSES,
    'A descriptor that epoll refuses counts as always ready.',
    'Readable and writable stand for hangup and error (hangup.7 to hangup.12, *error*, connect.2 to connect.4).',
    "Debian's build ends the process with an assertion when a watched number was closed (reuse.1, reuse.2).",
    ONE_TABLE,
    'A turn of the loop takes 64 events at first, and more only after it was full (limits.3).',
  ]),
  inC('libuv', 'libuv 1.44.2 (uv_poll), C', [
    'uv_poll_init() makes the descriptor non-blocking (register.12).',
    'An error is the status UV_EBADF and nothing else, and the handle stops: no READABLE or WRITABLE beside it (hangup.7, hangup.8, *error*, *connect*).',
    'There is no hangup: UV_DISCONNECT is the end of the peer, and an event of EPOLLHUP for WRITABLE alone has no bit at all (hangup.12).',
    'A watched number that was closed ends the process with abort() (reuse.1, reuse.2).',
    ONE_TABLE,
    'Where more than 1024 descriptors are ready, one turn of the loop calls back for each of them several times (limits.3).',
  ]),
  inC('glib', 'GLib 2.74 (GMainContext), C', [
    NEVER_REFUSES,
    'A closed number is reported as G_IO_NVAL by every iteration, here as ERROR (sources.7, reuse.1, reuse.2).',
    ONE_TABLE,
    'A source that another thread than the owner of the context attaches wakes the context: the driver acquires the context first.',
  ]),
  inC('apr', 'APR 1.7.2 (apr_pollset), C', [
    'A registration without events still reports hangup and error (pause.2, pause.3, pause.6).',
    'apr_pollset_poll() returns APR_EINTR for a signal as for a wake, before its time is over. The driver waits again, and marks wakes itself.',
    'The waker is one of the descriptors of the pollset and takes one of its places, so events and wakes share the capacity (batch.2, wake.6).',
    'A file that lives on in a duplicate is reported under its old number (reuse.11).',
  ]),
  inPython('py_epoll', 'select.epoll, Python 3.11', [
    'As raw epoll (pause.2, pause.3, pause.6, pause.10, hangup.13, reuse.11).',
    'A timeout that the C type does not hold is an OverflowError (timeout.8, timeout.12).',
  ]),
  inPython('py_poll', 'select.poll, Python 3.11', [
    'The driver of [the guide](../guides/test-your-own-poller.md), as it is at first: it takes modes that it lacks (edge.19, oneshot.13, half-close.13, exclusive.7), and leaves out READABLE beside ERROR (*error*).',
    'As poll(2): nothing is checked when a descriptor is added, and a closed number stays in the list (register.4 to register.6, *reuse*); hangup and error cannot be turned off (*pause*).',
    'register() of a registered number is a modify (register.3, pause.5).',
    'A timeout that the C type does not hold is an OverflowError (timeout.8, timeout.12).',
  ]),
  inPython('py_selectors', 'selectors.DefaultSelector, Python 3.11', [
    'The errors of a registered or unknown number are KeyErrors without a number (register.3, register.6, modify.5, modify.6, remove.5, remove.6).',
    'An interest of 0 is a ValueError: nothing can be paused (*pause*).',
    'Readable and writable stand for hangup and error (*hangup*, *error*, *connect*).',
    'A closed number stays in the table of the selector (sources.7, *reuse*).',
    'A timeout that the C type does not hold is an OverflowError (timeout.8, timeout.12).',
  ]),
];

export const DRIVERS_METHOD = `## Drivers: method and limits

A driver passes operations to its poller and translates bits: a hangup or an error counts as READABLE and WRITABLE for whoever asked, where the poller tells of it. What
the poller has no word for is missing. Drivers over libraries that call back run one turn of the loop for each wait, and count the bits of one descriptor as one event if the library
calls back once for them. \`size\`, \`has()\` and data are kept by the runner; clauses about values of JavaScript and about the own process are gated.`;

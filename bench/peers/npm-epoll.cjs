// @ts-check
'use strict';
// npm epoll behind the shape of a Poller.
const { READABLE, WRITABLE, PRIORITY, READ_CLOSED, HANGUP, ERROR, EDGE, ONESHOT } = require('../..');
const sys = require('../../dist/sys.js');
const { CallbackPoller } = require('./callback-poller.cjs');
const { Epoll } = require('./node_modules/epoll');

/** @type {ReadonlyArray<readonly [ours: number, theirs: number]>} */
const BITS = [
  [READABLE, Epoll.EPOLLIN],
  [WRITABLE, Epoll.EPOLLOUT],
  [PRIORITY, Epoll.EPOLLPRI],
  [READ_CLOSED, Epoll.EPOLLRDHUP],
  [HANGUP, Epoll.EPOLLHUP],
  [ERROR, Epoll.EPOLLERR],
];
/** @type {typeof BITS} */
const MODES = [
  [EDGE, Epoll.EPOLLET],
  [ONESHOT, Epoll.EPOLLONESHOT],
];

/** Enough to come by a number that was free a moment ago. */
const MOST_NAMES = 4000;

function eventsOf(/** @type {number} */ interest) {
  const asked = (interest & READABLE) !== 0 ? interest | READ_CLOSED : interest;
  return [...BITS, ...MODES].reduce((events, [ours, theirs]) => ((asked & ours) !== 0 ? events | theirs : events), 0);
}

function readinessOf(/** @type {number} */ events) {
  return BITS.reduce((readiness, [ours, theirs]) => ((events & theirs) !== 0 ? readiness | ours : readiness), 0);
}

/** The library hands over one event at a time, from a thread. */
const SETTLE_MS = 2;

/**
 * The library fetches the next event as soon as a callback returns, which here is before the caller of wait() has
 * dealt with the last. Such an event is thrown away and, if it still holds, brought about again by modify().
 * @param {import('./callback-poller.cjs').Deliver} deliver @returns {import('./callback-poller.cjs').Library}
 */
function open(deliver) {
  const epoll = new Epoll(
    (/** @type {Error | null} */ error, /** @type {number} */ fd, /** @type {number} */ events) => {
      if (error) throw error;
      deliver(fd, readinessOf(events));
    },
  );
  return {
    settleMs: SETTLE_MS,
    add: (fd, interest) => epoll.add(fd, eventsOf(interest)),
    modify: (fd, interest) => epoll.modify(fd, eventsOf(interest)),
    remove: (fd) => epoll.remove(fd),
    refetch: (fd, interest) => void succeeds(() => epoll.modify(fd, eventsOf(interest))),
    close: (fds) => {
      for (const fd of fds) if (!succeeds(() => epoll.remove(fd))) giveBack(epoll, fd);
      epoll.close();
    },
  };
}

/**
 * A descriptor that was closed before it was removed cannot be removed any more, and its number is the closed Epoll's
 * for the rest of the process: registers something else by that number, and removes it.
 * @param {any} epoll @param {number} fd
 */
function giveBack(epoll, fd) {
  if (succeeds(() => epoll.add(fd, 0).remove(fd))) return;
  const ends = sys.socketPair();
  /** @type {number[]} */
  const names = [...ends];
  while (!names.includes(fd) && names.length < MOST_NAMES) names.push(sys.dup(ends[0]));
  succeeds(() => epoll.add(fd, 0).remove(fd));
  for (const name of names) sys.close(name);
}

function succeeds(/** @type {() => void} */ act) {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}

const CAPABILITIES = { edge: true, oneshot: true, priority: true, readClosed: true };

exports.createPoller = (/** @type {object} */ options) =>
  new CallbackPoller('npm epoll 4.0.2', CAPABILITIES, open, options);

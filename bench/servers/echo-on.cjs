// @ts-check
'use strict';
// What the echo servers on descriptors have in common: a listener, and the calls per event. The
// peers that bring no I/O of their own (npm epoll, a uv_poll binding) use these too, so that only
// the way an event reaches JavaScript differs.
const sys = require('pollux/sys');

const buffer = Buffer.allocUnsafeSlow(65536);

/** A listening socket on a free port of 127.0.0.1; tells the port to the bench. */
function listenOnAnyPort() {
  const listener = sys.socket('ipv4');
  sys.bind(listener, { family: 'ipv4', host: '127.0.0.1', port: 0 });
  sys.listen(listener, 1024);
  console.log(JSON.stringify({ port: sys.localAddress(listener).port }));
  return listener;
}

/** Accepts what is waiting. @param {number} listener @param {(fd: number) => void} onConnection */
function acceptAll(listener, onConnection) {
  for (let fd = sys.accept(listener); fd !== sys.WOULD_BLOCK; fd = sys.accept(listener)) onConnection(fd);
}

/** One read and one write. @param {number} fd @returns {boolean} false at the end of the connection */
function echo(fd) {
  const length = sys.read(fd, buffer);
  if (length > 0) {
    if (sys.write(fd, buffer, 0, length) !== length) throw new Error('short write');
    return true;
  }
  return length === sys.WOULD_BLOCK;
}

module.exports = { acceptAll, echo, listenOnAnyPort };

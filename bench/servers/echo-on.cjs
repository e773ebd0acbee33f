// @ts-check
'use strict';
// What the echo servers on descriptors have in common: a listener, and the calls per event. The
// peers that bring no I/O of their own (npm epoll, a uv_poll binding) use these too, so that only
// the way an event reaches JavaScript differs.
const { accept, bind, listen, localAddress, read, socket, WOULD_BLOCK, write } = require('pollux/sys');

const buffer = Buffer.allocUnsafeSlow(65536);

/** A listening socket on a free port of 127.0.0.1; tells the port to the bench. */
function listenOnAnyPort() {
  const listener = socket('ipv4');
  bind(listener, { family: 'ipv4', host: '127.0.0.1', port: 0 });
  listen(listener, 1024);
  const address = localAddress(listener);
  if (address.family === 'unix') throw new Error('no port');
  console.log(JSON.stringify({ port: address.port }));
  return listener;
}

/** Accepts what is waiting. @param {number} listener @param {(fd: number) => void} onConnection */
function acceptAll(listener, onConnection) {
  for (let fd = accept(listener); fd !== WOULD_BLOCK; fd = accept(listener)) onConnection(fd);
}

/** One read and one write. @param {number} fd @returns {boolean} false at the end of the connection */
function echo(fd) {
  const length = read(fd, buffer);
  if (length > 0) {
    if (write(fd, buffer, 0, length) !== length) throw new Error('short write');
    return true;
  }
  return length === WOULD_BLOCK;
}

module.exports = { acceptAll, echo, listenOnAnyPort };

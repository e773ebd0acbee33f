// @ts-check
'use strict';
// A message of 64 bytes to each of 64 socket pairs, and from there to JavaScript, in each of the ways that pollux has.
// The messages are written with one write() each in all of them.
const { Socket } = require('node:net');
const { createPoller, FdStream, Reactor, READABLE } = require('pollux');
const sys = require('pollux/sys');

const PAIRS = 64;
const MESSAGE = Buffer.alloc(64, 'x');
const buffer = Buffer.allocUnsafeSlow(65536);

/** New pairs for each measurement: [read, written]. @returns {[number, number][]} */
const openPairs = () => Array.from({ length: PAIRS }, () => sys.socketPair());

/** @param {[number, number][]} pairs */
function writeAll(pairs) {
  for (const [, writer] of pairs) {
    if (sys.write(writer, MESSAGE) !== MESSAGE.length) throw new Error('short write');
  }
}

/** @param {[number, number][]} pairs @param {boolean} readersToo */
function closeAll(pairs, readersToo) {
  for (const [reader, writer] of pairs) {
    sys.close(writer);
    if (readersToo) sys.close(reader);
  }
}

/**
 * `loops` rounds in the host's event loop. `open` makes what reads a pair and calls `onBytes` with what has come; it
 * returns what closes it.
 * @param {number} loops
 * @param {(fd: number, onBytes: (length: number) => void) => () => void} open
 */
async function inEventLoop(loops, open) {
  const pairs = openPairs();
  let left = 0;
  let onRound = () => {};
  const onBytes = (/** @type {number} */ length) => {
    left -= length;
    if (left === 0) onRound();
  };
  const closers = pairs.map(([reader]) => open(reader, onBytes));
  for (let i = 0; i < loops; i++) {
    await new Promise((/** @type {(value: void) => void} */ resolve) => {
      onRound = resolve;
      left = PAIRS * MESSAGE.length;
      writeAll(pairs);
    });
  }
  for (const close of closers) close();
  closeAll(pairs, false);
}

/** @type {Record<string, (loops: number) => void | Promise<void>>} */
const MESSAGES = {
  'message-batch'(loops) {
    const poller = createPoller({ capacity: 1024 });
    const pairs = openPairs();
    for (const [reader] of pairs) poller.add(reader, READABLE);
    for (let i = 0; i < loops; i++) {
      writeAll(pairs);
      const batch = poller.wait(0);
      for (let at = 0; at < batch.length; at++) {
        if (sys.read(batch.fdAt(at), buffer) !== MESSAGE.length) throw new Error('short read');
      }
    }
    poller.close();
    closeAll(pairs, true);
  },
  'message-queue'(loops) {
    const poller = createPoller({ capacity: 1024 });
    const queue = new sys.SubmissionQueue({ capacity: PAIRS });
    const pairs = openPairs();
    for (const [reader] of pairs) poller.add(reader, READABLE);
    for (let i = 0; i < loops; i++) {
      writeAll(pairs);
      const batch = poller.wait(0);
      for (let at = 0; at < batch.length; at++) queue.read(batch.fdAt(at), buffer, at * 1024, 1024);
      queue.submit();
      for (let at = 0; at < batch.length; at++) {
        if (queue.resultAt(at) !== MESSAGE.length) throw new Error('short read');
      }
      queue.reset();
    }
    poller.close();
    closeAll(pairs, true);
  },
  async 'message-handler'(loops) {
    const reactor = new Reactor({ capacity: 1024 });
    await inEventLoop(loops, (fd, onBytes) => {
      const watch = reactor.watch(fd, READABLE, () => onBytes(sys.read(fd, buffer)));
      return () => (watch.close(), sys.close(fd));
    });
    reactor.close();
  },
  async 'message-receive'(loops) {
    const reactor = new Reactor({ capacity: 1024 });
    await inEventLoop(loops, (fd, onBytes) => {
      const watch = reactor.watch(fd, READABLE, (_, { received }) => onBytes(received), { receive: 1024 });
      return () => (watch.close(), sys.close(fd));
    });
    reactor.close();
  },
  'message-stream': (loops) =>
    inEventLoop(loops, (fd, onBytes) => {
      const stream = new FdStream(fd);
      stream.on('data', (/** @type {Buffer} */ data) => onBytes(data.length));
      return () => stream.destroy();
    }),
  'message-net': (loops) =>
    inEventLoop(loops, (fd, onBytes) => {
      const socket = new Socket({ fd, readable: true, writable: true });
      socket.on('data', (data) => onBytes(data.length));
      return () => socket.destroy();
    }),
};

module.exports = { MESSAGES };

// @ts-check
'use strict';
// Datagrams of one size from one peer, received in Node's event loop. The first four bytes of each are its number.
//
//   receive-datagrams.cjs segments|single|node BYTES     prints {"port","bufferBytes"}
//   receive COUNT                                        {"datagrams","lost","cpuNs"}
const { createSocket } = require('node:dgram');
const { READABLE, Reactor } = require('pollux');
const sys = require('pollux/sys');
const { cpuNs, readWords } = require('./by-line.cjs');

const RECEIVE_BUFFER_BYTES = 4 << 20;
/** Longer than anything on loopback is under way. */
const LOST_AFTER_MS = 2000;

const [how = '', bytes = '0'] = process.argv.slice(2);
const size = Number(bytes);

let [wanted, datagrams, lost, next, startNs, startMs] = [0, 0, 0, 0, 0, 0];

/** A datagram with the number `number` has come. Whether more are wanted. @param {number} number */
function take(number) {
  lost += number - next;
  next = number + 1;
  return ++datagrams < wanted;
}

/** Waits for a line and begins what it says. Nothing is received meanwhile. */
function begin() {
  const words = readWords();
  if (words === undefined) process.exit();
  [wanted, datagrams, lost] = [Number(words[1]), 0, 0];
  startMs = performance.now();
  startNs = cpuNs();
}

function finish() {
  const spent = cpuNs() - startNs;
  console.log(JSON.stringify({ datagrams, lost, cpuNs: spent }));
  begin();
}

/** The handler of a readable socket. @type {Record<string, (fd: number) => void>} */
const HANDLERS = { segments: receiveSegments, single: receiveSingle };

const room = Buffer.alloc(65536);
const numbers = new Uint32Array(room.buffer, room.byteOffset, room.length / 4);

function receiveSegments(/** @type {number} */ fd) {
  for (let received; (received = sys.receiveSegments(fd, room)) !== sys.WOULD_BLOCK; ) {
    const { length, segmentSize } = received;
    let goesOn = true;
    for (let at = 0; at < length; at += segmentSize) goesOn = take(numbers[at >> 2] ?? 0);
    if (!goesOn) return finish();
  }
}

function receiveSingle(/** @type {number} */ fd) {
  while (sys.recvFrom(fd, room) !== sys.WOULD_BLOCK) {
    if (!take(numbers[0] ?? 0)) return finish();
  }
}

function openPollux() {
  const fd = sys.socket('ipv4', 'dgram');
  sys.setOption(fd, 'receiveBuffer', RECEIVE_BUFFER_BYTES);
  sys.bind(fd, { host: '127.0.0.1' });
  if (how === 'segments') sys.receiveSegments(fd, room); // from here on, what comes is joined
  const handler = HANDLERS[how];
  if (handler === undefined) throw new Error(`no such way: ${how}`);
  new Reactor().watch(fd, READABLE, () => handler(fd));
  const { port } = /** @type {import('pollux/sys').InternetAddress} */ (sys.localAddress(fd));
  console.log(JSON.stringify({ port, bufferBytes: sys.getOption(fd, 'receiveBuffer') }));
  begin();
}

function openNode() {
  const socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES });
  socket.on('message', (message) => {
    if (!take(message.readUInt32LE(0))) finish();
  });
  socket.bind(0, '127.0.0.1', () => {
    console.log(JSON.stringify({ port: socket.address().port, bufferBytes: socket.getRecvBufferSize() }));
    begin();
  });
}

if (size % 4 !== 0) throw new Error('the numbers of datagrams are read as a Uint32Array');
if (how === 'node') openNode();
else openPollux();
setInterval(() => {
  if (performance.now() - startMs > LOST_AFTER_MS) finish();
}, LOST_AFTER_MS / 4);

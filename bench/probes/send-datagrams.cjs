// @ts-check
'use strict';
// Datagrams of one size to one peer. The first four bytes of each are its number.
//
//   send-datagrams.cjs segments|single|node BYTES PORT     prints {"port"}
//   send COUNT                                             {"datagrams","cpuNs"}
const { createSocket } = require('node:dgram');
const sys = require('pollux/sys');
const { answerLines, cpuNs, readWords } = require('./by-line.cjs');

/** As many as one call of sendSegments() takes. */
const MOST_DATAGRAMS = 256;

const [how = '', bytes = '0', portText = '0'] = process.argv.slice(2);
const [size, port] = [Number(bytes), Number(portText)];

const room = Buffer.alloc(MOST_DATAGRAMS * size);
const numbers = new Uint32Array(room.buffer, room.byteOffset, room.length / 4);
/** @type {Buffer[]} */
const list = Array.from({ length: MOST_DATAGRAMS }, (_, index) => room.subarray(index * size, (index + 1) * size));
let next = 0;

/** Numbers the first `count` datagrams of the room. @param {number} count */
function numberDatagrams(count) {
  for (let i = 0; i < count; i++) numbers[(i * size) >> 2] = next++;
}

/** @param {number} fd @param {number} count */
function sendSegments(fd, count) {
  for (let rest = count; rest > 0; rest -= MOST_DATAGRAMS) {
    const now = Math.min(rest, MOST_DATAGRAMS);
    numberDatagrams(now);
    for (let sent = 0; sent < now * size; ) {
      const taken = sys.sendSegments(fd, room.subarray(sent, now * size), size);
      if (taken !== sys.WOULD_BLOCK) sent += taken;
    }
  }
}

/** @param {number} fd @param {number} count */
function sendSingle(fd, count) {
  for (let rest = count; rest > 0; rest -= MOST_DATAGRAMS) {
    const now = Math.min(rest, MOST_DATAGRAMS);
    numberDatagrams(now);
    for (let i = 0; i < now; ) {
      if (sys.send(fd, room, i * size, size) !== sys.WOULD_BLOCK) i++;
    }
  }
}

function runPollux() {
  const fd = sys.socket('ipv4', 'dgram');
  sys.connect(fd, { host: '127.0.0.1', port });
  console.log(JSON.stringify({ port }));
  const send = how === 'segments' ? sendSegments : sendSingle;
  answerLines(([, count]) => {
    const startNs = cpuNs();
    send(fd, Number(count));
    return { datagrams: Number(count), cpuNs: cpuNs() - startNs };
  });
}

async function runNode() {
  const socket = createSocket('udp4');
  await new Promise((done) => socket.connect(port, '127.0.0.1', () => done(undefined)));
  console.log(JSON.stringify({ port }));
  for (let words = readWords(); words !== undefined; words = readWords()) {
    const count = Number(words[1]);
    const startNs = cpuNs();
    for (let rest = count; rest > 0; rest -= MOST_DATAGRAMS) await sendByNode(socket, Math.min(rest, MOST_DATAGRAMS));
    console.log(JSON.stringify({ datagrams: count, cpuNs: cpuNs() - startNs }));
  }
  process.exit();
}

/** Only the last datagram has a callback: the others went before. @param {import('node:dgram').Socket} socket */
function sendByNode(socket, /** @type {number} */ count) {
  numberDatagrams(count);
  for (let i = 0; i < count - 1; i++) socket.send(/** @type {Buffer} */ (list[i]));
  return new Promise((done, reject) => {
    socket.send(/** @type {Buffer} */ (list[count - 1]), (error) => (error ? reject(error) : done(undefined)));
  });
}

if (size % 4 !== 0) throw new Error('the numbers of datagrams are written as a Uint32Array');
if (how === 'node') runNode();
else runPollux();

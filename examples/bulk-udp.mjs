// Moves bytes over UDP as QUIC does: numbered datagrams of one size, many in a system call, a window, acknowledgements,
// and what is lost is sent again. The network may lose, double and mix datagrams.
//
//   node examples/bulk-udp.mjs 50        sends 50 MB from one socket to another of this process, and says how fast
import { createHash } from 'node:crypto';
import { READABLE, Reactor, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';

const SEGMENT = 1200; // fits every path
const HEAD = 4; // the number of the datagram
const BURST = 50; // datagrams in a system call
const WINDOW = 400; // datagrams under way
const RESEND_MS = 50;

const size = Number(process.argv[2] ?? 10) * 1_000_000;
const content = Buffer.alloc(size);
for (let i = 0; i < size; i += 4) content.writeUInt32LE((i * 2654435761) >>> 0, i);
const body = SEGMENT - HEAD;
const last = Math.ceil(size / body); // how many datagrams there are

const [from, to] = [sys.socket('ipv4', 'dgram'), sys.socket('ipv4', 'dgram')];
for (const fd of [from, to]) {
  sys.bind(fd, { host: '127.0.0.1' });
  sys.setOption(fd, 'receiveBuffer', 4 << 20);
}
sys.connect(from, sys.localAddress(to));
sys.connect(to, sys.localAddress(from));
const room = Buffer.alloc(65535);
sys.receiveSegments(to, room); // from here on, what comes is joined

const reactor = new Reactor();
const startMs = performance.now();

/** The receiver: keeps what is next, drops the rest, and says how far it is. */
const hash = createHash('sha256');
let next = 0;
let calls = 0;
reactor.watch(to, READABLE, () => {
  for (let received; (received = sys.receiveSegments(to, room)) !== sys.WOULD_BLOCK; calls++) {
    for (let at = 0; at < received.length; at += received.segmentSize) {
      const datagram = room.subarray(at, Math.min(at + received.segmentSize, received.length));
      if (datagram.readUInt32BE(0) !== next) continue;
      hash.update(datagram.subarray(HEAD));
      next++;
    }
  }
  const acknowledgement = Buffer.alloc(HEAD);
  acknowledgement.writeUInt32BE(next);
  sys.send(to, acknowledgement);
});

/** The sender: fills the window, and goes back to what was not acknowledged in time. */
let acknowledged = 0;
let sent = 0;
const burst = Buffer.alloc(SEGMENT * BURST);

function fill() {
  while (sent < last && sent - acknowledged < WINDOW) {
    let length = 0;
    for (let number = sent; number < Math.min(sent + BURST, last); number++) {
      burst.writeUInt32BE(number, length);
      length += HEAD + content.copy(burst, length + HEAD, number * body, (number + 1) * body);
    }
    const taken = sys.sendSegments(from, burst.subarray(0, length), SEGMENT);
    if (taken === sys.WOULD_BLOCK) break;
    sent += Math.ceil(taken / SEGMENT);
  }
  sender.interest = sent < last && sent - acknowledged < WINDOW ? READABLE | WRITABLE : READABLE;
}

function finish() {
  clearInterval(resend);
  const seconds = (performance.now() - startMs) / 1000;
  const isWhole = hash.digest('hex') === createHash('sha256').update(content).digest('hex');
  console.log(`${size} bytes ${isWhole ? 'arrived' : 'arrived damaged'}: ${(size / 1e6 / seconds).toFixed(0)} MB/s`);
  console.log(`${(last / calls).toFixed(1)} datagrams in a call`);
  reactor.close();
}

const sender = reactor.watch(from, READABLE | WRITABLE, () => {
  const before = acknowledged;
  const answer = Buffer.alloc(HEAD);
  while (sys.recv(from, answer) === HEAD) acknowledged = Math.max(acknowledged, answer.readUInt32BE(0));
  if (acknowledged > before) resend.refresh();
  if (acknowledged === last) finish();
  else fill();
});
const resend = setInterval(() => {
  sent = acknowledged;
  fill();
}, RESEND_MS);

import { closeSync } from 'node:fs';
import { createPoller, EDGE, ONESHOT, type Poller, READABLE, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import { closeAll, pairWith, type Plant, readSome, work } from './plants.js';

const QUIET_MS = 400;
const OFTEN = 60;

/** Waits often, and calls `handle` for each event. */
function waitOften(poller: Poller, handle: (fd: number) => void): void {
  for (let count = 0; count < OFTEN; count++) for (const { fd } of poller.wait(1000)) handle(fd);
}

/** What remains to be done properly. */
function end(poller: Poller, ...fds: readonly number[]): void {
  for (const fd of fds) if (poller.has(fd)) poller.remove(fd);
  poller.close();
  closeAll(...fds);
}

function edgeReadOnce(): number {
  const poller = createPoller();
  const [a, b] = pairWith(100);
  poller.add(a, READABLE | EDGE);
  for (const { fd } of poller.wait(1000)) readSome(fd);
  poller.wait(QUIET_MS);
  end(poller, a, b);
  return a;
}

function edgeAcceptOnce(): number {
  const poller = createPoller();
  const listener = sys.socket('ipv4');
  sys.bind(listener, { host: '127.0.0.1', port: 0 });
  sys.listen(listener);
  const clients = [sys.socket('ipv4'), sys.socket('ipv4')];
  for (const client of clients) sys.connect(client, sys.localAddress(listener) as { host: string; port: number });
  poller.add(listener, READABLE | EDGE);
  const accepted = [...poller.wait(1000)].map(({ fd }) => sys.accept(fd));
  poller.wait(QUIET_MS);
  end(poller, listener);
  closeAll(...clients, ...accepted);
  return listener;
}

function oneshotForgotten(): number {
  const poller = createPoller();
  const [a, b] = pairWith(5);
  poller.add(a, READABLE | ONESHOT);
  for (const { fd } of poller.wait(1000)) readSome(fd);
  sys.write(b, new Uint8Array(5));
  poller.wait(QUIET_MS);
  end(poller, a, b);
  return a;
}

function oneshotAfterEnd(): number {
  const poller = createPoller();
  const [a, b] = sys.socketPair('dgram');
  poller.add(a, READABLE | ONESHOT);
  for (const length of [0, 5]) {
    sys.write(b, new Uint8Array(length));
    for (const { fd } of poller.wait(1000)) readSome(fd);
    if (length === 0) poller.modify(a, READABLE | ONESHOT);
  }
  sys.write(b, new Uint8Array(5));
  poller.wait(QUIET_MS);
  end(poller, a, b);
  return a;
}

function hangupIgnored(): number {
  const poller = createPoller();
  const [a, b] = pairWith(0);
  poller.add(a, WRITABLE);
  sys.close(b);
  waitOften(poller, () => {});
  end(poller, a);
  return a;
}

function endNeverRead(): number {
  const poller = createPoller();
  const [reader, writer] = sys.pipe();
  poller.add(reader, READABLE);
  sys.close(writer);
  waitOften(poller, () => {});
  end(poller, reader);
  return reader;
}

function halfClose(mode: number): number {
  const poller = createPoller();
  const [a, b] = pairWith(0);
  poller.add(a, READABLE | mode);
  sys.shutdown(b, 'write');
  for (let count = 0; count < 10; count++) for (const { fd } of poller.wait(QUIET_MS / 10)) readSome(fd);
  poller.wait(QUIET_MS);
  end(poller, a, b);
  return a;
}

function writableForEver(): number {
  const poller = createPoller();
  const [a, b] = pairWith(0);
  poller.add(a, READABLE | WRITABLE);
  waitOften(poller, () => {});
  end(poller, a, b);
  return a;
}

function batchDropped(mode: number): number {
  const poller = createPoller();
  const [a, b] = pairWith(5);
  poller.add(a, READABLE | mode);
  poller.wait(1000);
  poller.wait(QUIET_MS);
  end(poller, a, b);
  return a;
}

function ghost(): number {
  const poller = createPoller();
  const [a, b] = pairWith(0);
  poller.add(a, READABLE);
  const copy = sys.dup(a);
  sys.close(a);
  poller.wait(0);
  end(poller, copy, b);
  return a;
}

function closed(close: (fd: number) => void): number {
  const poller = createPoller();
  const [a, b] = pairWith(0);
  poller.add(a, READABLE);
  close(a);
  poller.wait(0);
  poller.close();
  closeAll(b);
  return a;
}

function numberReused(): number {
  const poller = createPoller();
  const [a, b] = pairWith(0);
  poller.add(a, READABLE);
  sys.close(a);
  const copy = sys.dup(b);
  poller.add(copy, READABLE);
  end(poller, copy, b);
  return a;
}

function blockingEdge(): number {
  const poller = createPoller();
  const [a, b] = pairWith(0);
  sys.setNonBlocking(a, false);
  poller.add(a, READABLE | EDGE);
  poller.wait(0);
  end(poller, a, b);
  return a;
}

function modeAlone(mode: number): number {
  const poller = createPoller();
  const [a, b] = pairWith(5);
  poller.add(a, mode);
  poller.wait(QUIET_MS);
  end(poller, a, b);
  return a;
}

function modeAloneAtOnce(): number {
  const poller = createPoller();
  const [a, b] = pairWith(5);
  poller.add(a, EDGE);
  poller.wait(0);
  poller.close();
  closeAll(a, b);
  return a;
}

function slowHandler(): number {
  const poller = createPoller();
  const [[a, b], [c, d]] = [pairWith(5), pairWith(5)];
  poller.add(a, READABLE);
  poller.add(c, READABLE);
  let first = -1;
  for (const { fd } of poller.wait(1000)) {
    readSome(fd);
    if (first === -1) work(500);
    if (first === -1) first = fd;
  }
  end(poller, a, b, c, d);
  return first;
}

function neverRemoved(): number {
  const [a] = pairWith(0);
  createPoller().add(a, READABLE);
  return a;
}

const plant = (code: string, says: string, run: () => number): Plant =>
  ({ code: `POLLUX_${code}`, says, run }) as Plant;

export const POLLERS: readonly Plant[] = [
  plant('EDGE_NOT_DRAINED', 'an edge after which one read is made', edgeReadOnce),
  plant('EDGE_NOT_DRAINED', 'an edge of a listener after which one of two connections is accepted', edgeAcceptOnce),
  plant('ONESHOT_NOT_REARMED', 'a oneshot that is not re-armed when more data comes', oneshotForgotten),
  plant('END_IGNORED', 'a hangup that a registration for WRITABLE does not handle', hangupIgnored),
  plant('END_IGNORED', 'an end of a pipe that nobody reads', endNeverRead),
  plant('HALF_CLOSE_MISSED', 'a level registration that reads 0 over and over', () => halfClose(0)),
  plant('HALF_CLOSE_MISSED', 'an edge registration that reads 0 and stays', () => halfClose(EDGE)),
  plant('WRITABLE_SPIN', 'a level registration for WRITABLE without a write', writableForEver),
  plant('BATCH_OVERWRITTEN', 'an edge in a batch that nobody looks at', () => batchDropped(EDGE)),
  plant('BATCH_OVERWRITTEN', 'a oneshot in a batch that nobody looks at', () => batchDropped(ONESHOT)),
  plant('GHOST', 'a close() while a duplicate is open', ghost),
  plant('CLOSED_WHILE_REGISTERED', 'a close() without remove()', () => closed(sys.close)),
  plant('CLOSED_WHILE_REGISTERED', 'a closeSync() of node:fs without remove()', () => closed(closeSync)),
  plant('CLOSED_WHILE_REGISTERED', 'a number that is closed, used again and added again', numberReused),
  plant('BLOCKING_DESCRIPTOR', 'an edge registration in blocking mode', blockingEdge),
  plant('NO_INTEREST', 'EDGE alone', () => modeAlone(EDGE)),
  plant('NO_INTEREST', 'ONESHOT alone', () => modeAlone(ONESHOT)),
  plant('NO_INTEREST', 'EDGE alone in a program that ends at once', modeAloneAtOnce),
  plant('SLOW_HANDLER', 'an event that is handled for 500 ms while another is ready', slowHandler),
  plant('NEVER_REMOVED', 'a registration that is left', neverRemoved),
  plant(
    'ONESHOT_NOT_REARMED',
    'a oneshot that is not re-armed after an empty message and another one',
    oneshotAfterEnd,
  ),
];

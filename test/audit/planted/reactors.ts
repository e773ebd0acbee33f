import { closeSync } from 'node:fs';
import { EDGE, FdStream, ONESHOT, READABLE, Reactor, watch, type Watch, type WatchHandler, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import { closeAll, later, pairWith, type Plant, readSome, work } from './plants.js';

const QUIET_MS = 500;
const OFTEN = 60;

/** Watches `fd` on a reactor, lets the loop run, and ends properly. */
async function watched(
  fds: readonly number[],
  interest: number,
  handler: WatchHandler,
  during = () => later(QUIET_MS),
): Promise<number> {
  const reactor = new Reactor();
  const kept = reactor.watch(fds[0]!, interest, handler);
  await during();
  kept.close();
  reactor.close();
  closeAll(...fds);
  return fds[0]!;
}

/** A handler that does nothing, until it was called often; then the loop goes on. */
function spin(): { handler: WatchHandler; ended: () => Promise<void> } {
  let count = 0;
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const handler = (_: number, watch: Watch): void => {
    if (++count < OFTEN) return;
    watch.interest = 0;
    end();
  };
  return { handler, ended: () => ended };
}

function hangupSpin(): Promise<number> {
  const [a, b] = pairWith(0);
  sys.close(b);
  const { handler, ended } = spin();
  return watched([a], WRITABLE, handler, ended);
}

function writableSpin(): Promise<number> {
  const { handler, ended } = spin();
  return watched(pairWith(0), WRITABLE, handler, ended);
}

function writableAgain(): Promise<number> {
  const { handler, ended } = spin();
  const again: WatchHandler = (readiness, watch) => {
    watch.rearm();
    handler(readiness, watch);
  };
  return watched(pairWith(0), WRITABLE | ONESHOT, again, ended);
}

function halfCloseSpin(): Promise<number> {
  const fds = pairWith(0);
  sys.shutdown(fds[1], 'write');
  const { handler, ended } = spin();
  const read: WatchHandler = (readiness, watch) => {
    readSome(watch.fd);
    handler(readiness, watch);
  };
  return watched(fds, READABLE, read, ended);
}

function oneshotForgotten(): Promise<number> {
  const fds = pairWith(5);
  return watched(fds, READABLE | ONESHOT, (_, { fd }) => {
    readSome(fd);
    sys.write(fds[1], new Uint8Array(5));
  });
}

async function slowHandler(): Promise<number> {
  const reactor = new Reactor();
  const fds = [...pairWith(5), ...pairWith(5)];
  let first = -1;
  const handled = new Promise<void>((resolve) => {
    const handler: WatchHandler = (_, { fd }) => {
      readSome(fd);
      if (first !== -1) return resolve();
      first = fd;
      work(500);
    };
    for (const fd of [fds[0]!, fds[2]!]) reactor.watch(fd, READABLE, handler);
  });
  await handled;
  reactor.close();
  closeAll(...fds);
  return first;
}

async function slowAlone(): Promise<number> {
  const reactor = new Reactor();
  const [[a, b], [c, d]] = [pairWith(5), pairWith(0)];
  const handled = new Promise<void>((resolve) => {
    reactor.watch(a, READABLE, () => {
      readSome(a);
      sys.write(d, new Uint8Array(5));
      work(500);
    });
    reactor.watch(c, READABLE, () => {
      readSome(c);
      resolve();
    });
  });
  await handled;
  reactor.close();
  closeAll(a, b, c, d);
  return a;
}

async function ghost(): Promise<number> {
  const reactor = new Reactor();
  const [a, b] = pairWith(0);
  reactor.watch(a, READABLE, () => {});
  const copy = sys.dup(a);
  sys.close(a);
  await later(QUIET_MS);
  reactor.close();
  closeAll(copy, b);
  return a;
}

async function streamClosed(): Promise<number> {
  const [a, b] = pairWith(0);
  const stream = new FdStream(a).on('error', () => {}).resume();
  await later(1);
  sys.close(a);
  await later(QUIET_MS);
  stream.destroy();
  closeAll(b);
  return a;
}

async function closedElsewhere(): Promise<number> {
  const reactor = new Reactor();
  const [[a, b], [c, d]] = [pairWith(0), pairWith(0)];
  reactor.watch(a, READABLE, () => {});
  closeSync(a);
  for (let count = 0; count < 2; count++) {
    sys.write(d, new Uint8Array(5));
    await new Promise<void>((resolve) => {
      const other = reactor.watch(c, READABLE, () => {
        readSome(c);
        other.close();
        resolve();
      });
    });
  }
  reactor.close();
  closeAll(b, c, d);
  return a;
}

async function streamGhost(): Promise<number> {
  const [a, b] = pairWith(0);
  const stream = new FdStream(a).on('error', () => {}).resume();
  await later(1);
  const copy = sys.dup(a);
  sys.close(a);
  await later(QUIET_MS);
  stream.destroy();
  closeAll(copy, b);
  return a;
}

async function streamSlow(): Promise<number> {
  const [[a, b], [c, d]] = [pairWith(5), pairWith(5)];
  let first = -1;
  const streams = [a, c].map((fd) => new FdStream(fd));
  await new Promise<void>((resolve) => {
    for (const stream of streams)
      stream.on('data', () => {
        if (first !== -1) return resolve();
        first = stream.fd;
        work(500);
      });
  });
  for (const stream of streams) stream.destroy();
  closeAll(b, d);
  return first;
}

async function streamLeft(): Promise<number> {
  const [a] = pairWith(0);
  const stream = new FdStream(a).resume();
  stream.unref();
  return a;
}

async function watchLeft(): Promise<number> {
  const [a] = pairWith(0);
  (watch(a, READABLE, () => {}) as Watch & { unref(): void }).unref();
  return a;
}

type Run = () => Promise<number>;
const plant = (code: string, says: string, run: Run): Plant => ({ code: `POLLUX_${code}`, says, run }) as Plant;

export const REACTORS: readonly Plant[] = [
  plant('EDGE_NOT_DRAINED', 'a watch with EDGE that reads once', () =>
    watched(pairWith(100), READABLE | EDGE, (_, { fd }) => void readSome(fd)),
  ),
  plant('ONESHOT_NOT_REARMED', 'a watch with ONESHOT that nobody re-arms', oneshotForgotten),
  plant('END_IGNORED', 'a watch for WRITABLE whose handler ignores the hangup', hangupSpin),
  plant('HALF_CLOSE_MISSED', 'a watch whose handler reads 0 over and over', halfCloseSpin),
  plant('WRITABLE_SPIN', 'a watch for WRITABLE whose handler does not write', writableSpin),
  plant('GHOST', 'a watch whose descriptor is closed while a duplicate is open', ghost),
  plant('GHOST', 'a stream whose descriptor is closed while a duplicate is open', streamGhost),
  plant('CLOSED_WHILE_REGISTERED', 'a stream whose descriptor is closed', streamClosed),
  plant('BLOCKING_DESCRIPTOR', 'a watch with EDGE in blocking mode', () => {
    const fds = pairWith(0);
    sys.setNonBlocking(fds[0], false);
    return watched(fds, READABLE | EDGE, () => {});
  }),
  plant('NO_INTEREST', 'a watch with ONESHOT alone', () => watched(pairWith(5), ONESHOT, () => {})),
  plant('SLOW_HANDLER', 'a handler that takes 500 ms while another descriptor of the batch is ready', slowHandler),
  plant('SLOW_HANDLER', 'a handler that takes 500 ms while another descriptor becomes ready', slowAlone),
  plant('SLOW_HANDLER', "a listener of 'data' that takes 500 ms while another stream is ready", streamSlow),
  plant('NEVER_REMOVED', 'a watch on the default reactor that is left', watchLeft),
  plant('NEVER_REMOVED', 'a stream that is left', streamLeft),
  plant('CLOSED_WHILE_REGISTERED', 'a watch whose descriptor closeSync() of node:fs has closed', closedElsewhere),
  plant(
    'WRITABLE_SPIN',
    'a watch for WRITABLE with ONESHOT whose handler re-arms it and does not write',
    writableAgain,
  ),
];

// /proc/sys/kernel/hostname of a separate UTS namespace, a file that reports a change only to the first poll: prints
// as JSON how many of the changes each way of waiting has reported. `forgetful-file.js CHANGES`, under `unshare -u`.
import { readFileSync, writeFileSync } from 'node:fs';
import { EDGE, ONESHOT, PRIORITY, READABLE, Reactor } from 'pollux';
import * as sys from 'pollux/sys';

const FILE = '/proc/sys/kernel/hostname';
const PATIENCE_MS = 5_000;
const MODES = {
  level: PRIORITY,
  'level, readable too': PRIORITY | READABLE,
  edge: PRIORITY | EDGE,
  oneshot: PRIORITY | ONESHOT,
};

function open(): number {
  const fd = sys.open(FILE);
  // The first poll of a file always reports a change.
  const first = new Reactor();
  first.poller.add(fd, PRIORITY);
  first.poller.wait(0);
  first.close();
  return fd;
}

let serial = 0;
function change(): void {
  writeFileSync(FILE, `pollux-${serial++}`);
}

async function byHandler(interest: number, changes: number): Promise<number> {
  const fd = open();
  const reactor = new Reactor({ waiter: 'thread' });
  let seen = 0;
  let next = (): void => {};
  reactor.watch(fd, interest, (readiness, watch) => {
    if ((readiness & PRIORITY) === 0) return;
    seen++;
    if ((interest & ONESHOT) !== 0) watch.rearm();
    next();
  });
  for (let round = 0; round < changes; round++) {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`change ${round} was not seen (interest ${interest})`)),
        PATIENCE_MS,
      );
      next = () => {
        clearTimeout(timer);
        // One turn later, when the thread may wait again.
        setImmediate(resolve);
      };
      change();
    });
  }
  reactor.close();
  sys.close(fd);
  return seen;
}

/** The waiting thread or this call may have polled first. */
function byWait(changes: number): number {
  const fd = open();
  const reactor = new Reactor({ waiter: 'thread' });
  reactor.watch(fd, PRIORITY, () => {});
  let seen = 0;
  for (let round = 0; round < changes; round++) {
    change();
    for (let spins = round % 64; spins > 0; spins--) readFileSync(FILE);
    seen += reactor.poller.wait(0).length;
  }
  reactor.close();
  sys.close(fd);
  return seen;
}

async function main(changes: number): Promise<void> {
  const seen: Record<string, number> = {};
  for (const [name, interest] of Object.entries(MODES)) seen[name] = await byHandler(interest, changes);
  seen['wait'] = byWait(changes);
  console.log(JSON.stringify(seen));
}

void main(Number(process.argv[2]));

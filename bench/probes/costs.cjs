// @ts-check
'use strict';
// What single things cost, as docs/performance.md has them.
//
//   costs.cjs          a line NAME LOOPS: {"cpuNs"}, for the names of COSTS and of costs-of-messages.cjs
const { createPoller, Reactor, READABLE } = require('pollux');
const sys = require('pollux/sys');
const { answerLinesLater, cpuNs } = require('./by-line.cjs');
const { MESSAGES } = require('./costs-of-messages.cjs');

/** How many descriptors are ready at once. */
const READY = 64;
const buffer = Buffer.allocUnsafeSlow(65536);
const zero = sys.open('/dev/zero', 'r');
const empty = createPoller({ capacity: 1024 });
const ready = createPoller({ capacity: 1024 });
const readers = Array.from({ length: READY }, readablePipe);
for (const reader of readers) ready.add(reader, READABLE);
for (let i = 0; i < READY; i++) empty.add(sys.pipe()[0], READABLE);
const queue = new sys.SubmissionQueue({ capacity: READY });

let _sum = 0;

function readablePipe() {
  const [reader, writer] = sys.pipe();
  sys.write(writer, Buffer.from('x'));
  return reader;
}

/** @type {Record<string, (loops: number) => void | Promise<void>>} */
const COSTS = {
  /** A function of the addon that does next to nothing. */
  crossing(loops) {
    for (let i = 0; i < loops; i++) _sum += ready.size;
  },
  read(loops) {
    for (let i = 0; i < loops; i++) _sum += sys.read(zero, buffer, 0, 1);
  },
  /** READY reads in one crossing. */
  queued(loops) {
    for (let i = 0; i < loops; i++) {
      for (let at = 0; at < READY; at++) queue.read(zero, buffer, at, 1);
      queue.submit();
      for (let at = 0; at < READY; at++) _sum += queue.resultAt(at);
      queue.reset();
    }
  },
  wait(loops) {
    for (let i = 0; i < loops; i++) _sum += empty.wait(0).length;
  },
  /** READY events, by the index accessors. */
  event(loops) {
    for (let i = 0; i < loops; i++) {
      const batch = ready.wait(0);
      for (let at = 0; at < batch.length; at++) _sum += batch.fdAt(at) + batch.readinessAt(at);
    }
  },
  /** READY events, by iteration. */
  iterated(loops) {
    for (let i = 0; i < loops; i++) for (const { fd, readiness } of ready.wait(0)) _sum += fd + readiness;
  },
  /** READY events and a handler for each, in run(). */
  handler(loops) {
    const reactor = new Reactor({ capacity: 1024 });
    let left = loops * READY;
    for (const reader of readers) {
      reactor.watch(reader, READABLE, (readiness) => {
        _sum += readiness;
        if (--left === 0) reactor.stop();
      });
    }
    reactor.run();
    reactor.close();
  },
  /** A turn of the host's event loop that has one event. */
  turn(loops) {
    const reactor = new Reactor({ capacity: 1024 });
    return new Promise((resolve) => {
      let left = loops;
      reactor.watch(readers[0] ?? -1, READABLE, () => {
        if (--left > 0) return;
        reactor.close();
        resolve();
      });
    });
  },
};

answerLinesLater(async ([name = '', loops]) => {
  const act = COSTS[name] ?? MESSAGES[name];
  if (act === undefined) throw new Error(`no cost ${name}`);
  const start = cpuNs();
  await act(Number(loops));
  return { cpuNs: cpuNs() - start };
});

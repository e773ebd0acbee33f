// @ts-check
'use strict';
// wait() with ready descriptors, and a look at each event through the index accessors.
//
//   wait.cjs EVENTS IDLE …     one poller per IDLE, each with EVENTS ready registrations
//   wait LOOPS POLLER          {"waitNs"}
const { createPoller, READABLE } = require('pollux');
const sys = require('pollux/sys');
const { answerLines, cpuNs } = require('./by-line.cjs');

const [events = 64, ...idles] = process.argv.slice(2).map(Number);

const pollers = idles.map((idle) => {
  const poller = createPoller({ capacity: 1024 });
  for (let i = 0; i < events; i++) {
    const [readEnd, writeEnd] = sys.pipe();
    sys.write(writeEnd, Buffer.from('x'));
    poller.add(readEnd, READABLE);
  }
  for (let i = 0; i < idle; i += 2) {
    for (const end of sys.socketPair()) poller.add(end, READABLE);
  }
  return poller;
});

let _sum = 0;

/** @param {import('pollux').Poller} poller @param {number} loops */
function waitAndLook(poller, loops) {
  for (let loop = 0; loop < loops; loop++) {
    const batch = poller.wait(0);
    if (batch.length !== events) throw new Error(`${batch.length} events`);
    for (let i = 0; i < batch.length; i++) _sum += batch.fdAt(i) + batch.readinessAt(i);
  }
}

answerLines(([, loops, index]) => {
  const poller = pollers[Number(index)];
  if (poller === undefined) throw new Error(`no poller ${index}`);
  const start = cpuNs();
  waitAndLook(poller, Number(loops));
  return { waitNs: cpuNs() - start };
});

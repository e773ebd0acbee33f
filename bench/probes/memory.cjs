// @ts-check
'use strict';
// What registrations cost in process memory: the descriptors are open and the code is compiled
// before the first look.
//
//   node --expose-gc memory.cjs REGISTRATIONS     {"privateDirtyBytes","rssBytes"}
const { readFileSync } = require('node:fs');
const { createPoller, READABLE } = require('pollux');
const sys = require('pollux/sys');

const WARMUP = 50000;

function memory() {
  for (let i = 0; i < 4; i++) globalThis.gc?.();
  const text = readFileSync('/proc/self/smaps_rollup', 'utf8');
  const bytes = (/** @type {string} */ name) =>
    1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]);
  return { privateDirtyBytes: bytes('Private_Dirty'), rssBytes: bytes('Rss') };
}

const fds = new Int32Array(Number(process.argv[2]));
for (let i = 0; i < fds.length; i += 2) fds.set(sys.socketPair(), i);
const poller = createPoller();
const lowest = Math.min(...fds);
for (let i = 0; i < WARMUP; i++) {
  poller.add(lowest, READABLE);
  poller.remove(lowest);
}
memory();
const before = memory();
for (const fd of fds) poller.add(fd, READABLE);
const after = memory();
console.log(
  JSON.stringify({
    privateDirtyBytes: after.privateDirtyBytes - before.privateDirtyBytes,
    rssBytes: after.rssBytes - before.rssBytes,
  }),
);

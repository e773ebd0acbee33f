// @ts-check
'use strict';
// idle-timeouts.cjs COUNT IDLE_MS: a reactor that closes each of COUNT connections when it was idle for that long.
// Prints its port, and once all are connected and then closed: how many of them early, how late the last one, and the
// processor time of the process meanwhile, per connection. IDLE_MS 0: closes them without timeouts, in one turn of the
// loop.
const { READABLE, Reactor } = require('pollux');
const { close } = require('pollux/sys');
const { acceptAll, listenOnAnyPort } = require('../servers/echo-on.cjs');

const [count, idleMs] = /** @type {[number, number]} */ (process.argv.slice(2).map(Number));
/** @typedef {import('pollux').Watch} Watch */
/** @type {Watch[]} */
const watches = [];
const reactor = new Reactor();
let closed = 0;
let early = 0;
let mostLateMs = 0;
let cpu = process.cpuUsage();

const listener = listenOnAnyPort();
reactor.watch(listener, READABLE, (_, accepting) => {
  acceptAll(listener, (fd) =>
    watches.push(
      reactor.watch(fd, READABLE, () => {
        throw new Error('nobody speaks');
      }),
    ),
  );
  if (watches.length < count) return;
  accepting.close();
  setImmediate(begin);
});

function begin() {
  cpu = process.cpuUsage();
  if (idleMs === 0) return watches.forEach(end);
  for (const watch of watches) {
    const sinceMs = performance.now();
    watch.setIdleTimeout(idleMs, () => {
      const lateMs = performance.now() - sinceMs - idleMs;
      if (lateMs < 0) early++;
      mostLateMs = Math.max(mostLateMs, lateMs);
      end(watch);
    });
  }
}

function end(/** @type {Watch} */ watch) {
  watch.close();
  close(watch.fd);
  if (++closed < count) return;
  const { user, system } = process.cpuUsage(cpu);
  console.log(JSON.stringify({ early, mostLateMs, cpuNs: ((user + system) * 1000) / count }));
  reactor.close();
}

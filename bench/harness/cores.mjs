// @ts-check
// Which core each side runs on: the server or probe on the first, the load on the second. Pinned
// with taskset(1) where the machine has it and allows it.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** @typedef {{ server: number | undefined, load: number | undefined, description: string }} Cores */

/** @returns {Cores} */
export function findCores() {
  const [server, load] = allowedCores();
  const unpinned = (/** @type {string} */ why) => ({
    server: undefined,
    load: undefined,
    description: `not pinned (${why})`,
  });
  if (server === undefined || load === undefined) return unpinned('fewer than two cores');
  const attempt = spawnSync('taskset', ['-c', String(load), 'true']);
  if (attempt.status !== 0) return unpinned('taskset does not work here');
  return { server, load, description: `server on core ${server}, load on core ${load}` };
}

/** The command that runs `command` on `core`; undefined: wherever the kernel likes. */
export function onCore(/** @type {number | undefined} */ core, /** @type {string[]} */ command) {
  return core === undefined ? command : ['taskset', '-c', String(core), ...command];
}

function allowedCores() {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  return list.split(',').flatMap((range) => {
    const [first = NaN, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

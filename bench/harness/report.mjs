// @ts-check
// Under which conditions a run was made, and where its figures are kept.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { BENCH } from './participant.mjs';

/** @param {{ description: string }} cores @param {number} otherLoad before the run @param {boolean} quick */
export function conditions(cores, otherLoad, quick) {
  const kernel = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim();
  const machine = `Node ${process.versions.node}, Linux ${kernel.split('-')[0]}, ${cpus().length} × ${cpus()[0]?.model}`;
  return `${machine}; ${cores.description}; load average before the run ${otherLoad.toFixed(1)}${quick ? '; quick' : ''}`;
}

/**
 * Puts `report` into a page, bench/README.md unless another is named, between the markers of `name`.
 * @param {string} name @param {string} report
 */
export function writeReport(name, report, file = join(BENCH, 'README.md')) {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const text = readFileSync(file, 'utf8');
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${file} lacks the markers ${begin} and ${end}`);
  writeFileSync(file, `${text.slice(0, from + begin.length)}\n${report}${text.slice(to)}`);
}

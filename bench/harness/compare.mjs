// @ts-check
// Another checkout of the repository beside this one: the same rows, with the scripts of this one, in turn.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { grid, show } from './figures.mjs';
import { BENCH, ROOT } from './participant.mjs';
import { ratios, spread } from './rounds.mjs';

/** @typedef {import('./figures.mjs').Figure} Figure */
/** @typedef {import('./progress.mjs').Progress} Progress */
/** @typedef {{ name: string, root: string, passes: Figure[][] }} Checkout */

const PASSES = 7;
const QUICK_PASSES = 2;
/** What is made in bench/, and what the other checkout makes for itself. */
const NOT_COPIED = new Set(['build', 'node_modules']);

/**
 * Runs `rows` in this checkout and in that of `ref`, a pass of each in turn. Returns the report; `isWhole` is false
 * where a row could not run in this one. The other may be from before what a row measures.
 * @param {string} ref @param {string[]} rows @param {boolean} quick @param {Progress} progress
 */
export async function compareWith(ref, rows, quick, progress) {
  const stop = new AbortController();
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(signal, () => stop.abort());
  const commit = git('rev-parse', '--short', `${ref}^{commit}`);
  const folder = mkdtempSync(join(tmpdir(), 'pollux-bench-'));
  const other = join(folder, 'checkout');
  try {
    progress.step(`checking ${ref} out`);
    git('worktree', 'add', '--detach', other, commit);
    prepare(other, progress);
    /** @type {Checkout[]} */
    const checkouts = [
      { name: 'this checkout', root: ROOT, passes: [] },
      { name: `${ref} (${commit})`, root: other, passes: [] },
    ];
    const passes = quick ? QUICK_PASSES : PASSES;
    for (let pass = 0; pass < passes; pass++) {
      // Who begins moves on each pass.
      for (const { name, root, passes: done } of pass % 2 === 0 ? checkouts : [...checkouts].reverse()) {
        progress.step(`pass ${pass + 1} of ${passes}: ${name}`);
        done.push(await runRows(root, rows, join(folder, 'figures.json'), stop.signal));
      }
    }
    progress.done();
    return report(/** @type {[Checkout, Checkout]} */ (checkouts));
  } finally {
    spawnSync('git', ['worktree', 'remove', '--force', other], { cwd: ROOT });
    rmSync(folder, { recursive: true, force: true });
    spawnSync('git', ['worktree', 'prune'], { cwd: ROOT });
  }
}

/** Installs what the other checkout needs, and gives it the scripts and the built peers of this one. */
function prepare(/** @type {string} */ root, /** @type {Progress} */ progress) {
  progress.step('installing the dependencies of the other checkout');
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'], root);
  rmSync(join(root, 'bench'), { recursive: true, force: true });
  cpSync(BENCH, join(root, 'bench'), { recursive: true, filter: (file) => !NOT_COPIED.has(basename(file)) });
  symlinkSync(join(BENCH, 'peers', 'node_modules'), join(root, 'bench/peers/node_modules'));
}

/**
 * The figures of one pass.
 * @param {string} root @param {string[]} rows @param {string} file @param {AbortSignal} signal ends the pass
 * @returns {Promise<Figure[]>}
 */
async function runRows(root, rows, file, signal) {
  const chosen = rows.flatMap((row) => ['--row', row]);
  const args = [join(root, 'bench/run.mjs'), '--quick', '--figures', file, ...chosen];
  rmSync(file, { force: true });
  // The exit status is 1 where a row could not run, which the figures say.
  const child = spawn(process.execPath, args, { cwd: root, signal, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  await once(child, 'close');
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new Error(`the bench of ${root} has made no figures:\n${said}`);
  }
}

/** @param {[Checkout, Checkout]} checkouts */
function report([own, other]) {
  const titles = [...new Set([own, other].flatMap(({ passes }) => passes.flat()).map(({ title }) => title))];
  let isWhole = true;
  const lines = titles.map((title) => {
    const [mine, theirs] = [own, other].map(({ passes }) => mediansOf(passes, title));
    const unit = [...own.passes, ...other.passes].flat().find((figure) => figure.title === title)?.unit ?? '×';
    const word = (/** @type {ReturnType<typeof mediansOf>} */ side) => {
      if (side.medians.length === 0) return side.reason;
      const { median, least, most } = spread(side.medians);
      return `${show(median, unit)} (${show(least, unit)} – ${show(most, unit)})`;
    };
    if (mine === undefined || theirs === undefined) return [title];
    if (mine.failed) isWhole = false;
    const both = Math.min(mine.medians.length, theirs.medians.length);
    const ratio = ratios(mine.medians.slice(0, both), theirs.medians.slice(0, both));
    const words =
      both === 0 ? '–' : `${show(ratio.median, '×')} (${show(ratio.least, '×')} – ${show(ratio.most, '×')})`;
    return [title, word(mine), word(theirs), words];
  });
  const head = ['figure', own.name, other.name, 'ratio'];
  const passes = `${own.passes.length} passes of each in turn; median (min – max) of what each pass says`;
  return { text: `${passes}\n\n${grid([head, ...lines])}\n`, isWhole };
}

/** What the passes of a checkout say of one figure. @param {Figure[][]} passes @param {string} title */
function mediansOf(passes, title) {
  const figures = passes.flatMap((pass) => pass.filter((figure) => figure.title === title));
  const medians = figures.flatMap(({ spread: each }) => (each === undefined ? [] : [each.median]));
  const failed = figures.some((figure) => figure.failed === true) || figures.length < passes.length;
  return { medians, failed, reason: figures.find(({ reason }) => reason !== undefined)?.reason ?? 'not there' };
}

const git = (/** @type {string[]} */ ...args) => run('git', args, ROOT);

/** What a command prints. Throws what it says when it fails. */
function run(/** @type {string} */ command, /** @type {string[]} */ args, /** @type {string} */ cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${command} ${args[0]}: ${error?.message ?? `${stderr}${stdout}`.trim()}`);
  return stdout.trim();
}

// A step of the set-up: files that are made from other files, and made again only when those have changed.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { clearProgress, showProgress } from '../progress.mjs';
import { ROOT } from '../root.mjs';

/**
 * Runs a step unless its outputs exist and its inputs are as they were when it last succeeded. A step with an excuse
 * does not run, and its outputs are removed, because they may belong to other inputs.
 * `folder` is the one whose node_modules the step fills; `secondsAfter` is what the steps after this one will take.
 */
export function runStep(name, step, secondsAfter = 0) {
  if (step.excuse?.() !== undefined) {
    for (const path of step.outputs) rmSync(join(ROOT, path), { force: true });
    return;
  }
  if (isDone(name, step)) return;
  const { title, inputs, run, folder = ROOT } = step;
  const stamp = stampOf(name, folder);
  const digest = digestOf(inputs);
  const secondsLeft = secondsOf(name, step) + secondsAfter;
  // A step that fails half-way leaves outputs that belong to no inputs.
  forgetStep(name, folder);
  showProgress(`pollux: ${title}`, secondsLeft);
  const start = performance.now();
  run();
  clearProgress();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest);
  writeFileSync(`${stamp}.seconds`, ((performance.now() - start) / 1000).toFixed(1));
}

/** How long a step will take: as long as the last time, or as its table says; 0 if there is nothing to do. */
export function secondsOf(name, step) {
  if (step.excuse?.() !== undefined || isDone(name, step)) return 0;
  const file = `${stampOf(name, step.folder)}.seconds`;
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : step.seconds;
}

function isDone(name, { inputs, outputs, folder }) {
  const stamp = stampOf(name, folder);
  return (
    outputs.every((path) => existsSync(join(ROOT, path))) &&
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === digestOf(inputs)
  );
}

/** Makes the step `name` run the next time, whatever its inputs. */
export function forgetStep(name, folder = ROOT) {
  rmSync(stampOf(name, folder), { force: true });
}

function stampOf(name, folder = ROOT) {
  return join(folder, 'node_modules', '.pollux', name);
}

function digestOf(paths) {
  const hash = createHash('sha256');
  for (const file of paths.flatMap((path) => filesBelow(path)).sort()) {
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(ROOT, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

function filesBelow(path) {
  const full = join(ROOT, path);
  if (!existsSync(full)) return [];
  if (!statSync(full).isDirectory()) return [path];
  return readdirSync(full)
    .filter((name) => !['build', 'dist', 'node_modules'].includes(name))
    .flatMap((name) => filesBelow(join(path, name)));
}

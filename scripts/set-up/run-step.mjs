// A step of the set-up: files that are made from other files, and made again only when those have changed.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../root.mjs';

/**
 * Runs a step unless its outputs exist and its inputs are as they were when it last succeeded. A step with an excuse
 * does not run, and its outputs are removed, because they may belong to other inputs.
 * `folder` is the one whose node_modules the step fills.
 */
export function runStep(name, { title, inputs, outputs, run, excuse, folder = ROOT }) {
  if (excuse?.() !== undefined) {
    for (const path of outputs) rmSync(join(ROOT, path), { force: true });
    return;
  }
  const stamp = stampOf(name, folder);
  const digest = digestOf(inputs);
  const isDone =
    outputs.every((path) => existsSync(join(ROOT, path))) &&
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === digest;
  if (isDone) return;
  // A step that fails half-way leaves outputs that belong to no inputs.
  forgetStep(name, folder);
  const start = performance.now();
  process.stderr.write(`pollux: ${title} …`);
  run();
  process.stderr.write(` ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest);
}

/** Makes the step `name` run the next time, whatever its inputs. */
export function forgetStep(name, folder = ROOT) {
  rmSync(stampOf(name, folder), { force: true });
}

function stampOf(name, folder) {
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
    .filter((name) => name !== 'build' && name !== 'node_modules')
    .flatMap((name) => filesBelow(join(path, name)));
}

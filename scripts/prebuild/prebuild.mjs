// npm run prebuild: builds the released binaries into prebuilds, and lists them in prebuilds/manifest.json.
// npm run prebuild:verify: builds them in a temporary folder, and compares with what is there byte for byte.
// Arguments choose targets by a part of their file names. --sources FOLDER: other sources than those in native;
// --digests: only compares the digests, which takes no compiler.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { crossCompiler } from './cross-compiler.mjs';
import { buildTarget } from './build.mjs';
import { floorOf, inspect } from './inspect.mjs';
import { complaintAbout, entryFor, PREBUILDS, sha256, updateManifest } from './manifest.mjs';
import { selectTargets } from './targets.mjs';
import { clearProgress, showProgress } from '../progress.mjs';
import { ROOT } from '../root.mjs';
import { setUp } from '../set-up/set-up.mjs';

const JOBS = 2;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { verify: { type: 'boolean' }, digests: { type: 'boolean' }, sources: { type: 'string' } },
});
const native = resolve(options.sources ?? join(ROOT, 'native'));
const scratch = mkdtempSync(join(tmpdir(), 'pollux-prebuilds-'));
try {
  const targets = selectTargets(positionals);
  if (!options.digests) {
    setUp(['dependencies']);
    showProgress('installing the compiler, which may take a minute');
    crossCompiler();
    clearProgress();
  }
  const results = options.digests ? [] : await buildAll(targets);
  const wrong = options.verify || options.digests ? verify(targets, results) : install(results);
  for (const line of wrong) console.error(`prebuild: ${line}`);
  if (wrong.length > 0) process.exitCode = 1;
  else if (options.verify || options.digests) console.log(`${targets.length} binaries are what their sources make`);
} catch (error) {
  console.error(`prebuild: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** Builds `targets`, two at a time: a line for each when it is done. */
async function buildAll(targets) {
  const results = [];
  const waiting = [...targets];
  const begin = performance.now();
  showProgress(`0 of ${targets.length} binaries built`);
  await Promise.all(
    Array.from({ length: JOBS }, async () => {
      for (let target; (target = waiting.shift()) !== undefined; ) {
        const start = performance.now();
        const file = join(scratch, target.file);
        await buildTarget(target, native, file);
        const bytes = readFileSync(file);
        const { library, wrong } = inspect(target, bytes);
        results.push({ target, file, bytes, wrong });
        clearProgress();
        console.log(
          [
            `${results.length}/${targets.length}`.padStart(5),
            target.file.padEnd(34),
            `${bytes.length}`.padStart(7),
            'bytes ',
            floorOf(target, library).padEnd(11),
            sha256(bytes).slice(0, 12),
            seconds(start),
          ].join(' '),
        );
        const left = targets.length - results.length;
        const pace = (performance.now() - begin) / 1000 / results.length;
        if (left > 0) showProgress(`${results.length} of ${targets.length} binaries built`, left * pace);
      }
    }),
  );
  return results;
}

/** What is wrong with the binaries in prebuilds, given freshly built ones. */
function verify(targets, results) {
  const complaints = targets
    .map((target) => [target.file, complaintAbout(target, native)])
    .filter(([, reason]) => reason !== undefined);
  const known = new Set(complaints.map(([file]) => file));
  const different = results
    .filter(({ target, bytes }) => !known.has(target.file) && !bytes.equals(readFileSync(join(PREBUILDS, target.file))))
    .map(({ target }) => [target.file, 'its sources make another file']);
  return [...complaints, ...different].map(([file, reason]) => `${file}: ${reason}`).concat(faults(results));
}

/** Puts the new binaries into prebuilds unless one is not what it must be. */
function install(results) {
  const wrong = faults(results);
  if (wrong.length > 0) return wrong;
  for (const { target, file } of results) {
    mkdirSync(dirname(join(PREBUILDS, target.file)), { recursive: true });
    copyFileSync(file, join(PREBUILDS, target.file));
  }
  updateManifest(
    Object.fromEntries(results.map(({ target, bytes }) => [target.file, entryFor(target, bytes, native)])),
  );
  return [];
}

function faults(results) {
  return results.flatMap(({ target, wrong }) => wrong.map((reason) => `${target.file}: ${reason}`));
}

function seconds(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

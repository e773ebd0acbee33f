// npm run test:platforms: runs the conformance suite on the released binaries, on every runtime of tools/platforms;
// those for other processors under Debian's qemu-user-static, with libc6-ARCH-cross, libstdc++6-ARCH-cross and
// libatomic1-ARCH-cross. Writes docs/results/runs/platforms.json and docs/results/platforms.md. Arguments choose
// binaries by a part of their names; of the others the record stays.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { machine, release, tmpdir, type } from 'node:os';
import { join } from 'node:path';
import { hosts } from './hosts.mjs';
import { loadOnMusl } from './musl-host.mjs';
import { platformsPage } from '../pages/platforms.mjs';
import { floorOf, inspect } from '../prebuild/inspect.mjs';
import { PREBUILDS, sha256 } from '../prebuild/manifest.mjs';
import { selectTargets, TARGETS } from '../prebuild/targets.mjs';
import { ROOT } from '../root.mjs';
import { setUp } from '../set-up/set-up.mjs';
import { toolFolder } from '../set-up/tool-folder.mjs';

const TIME_LIMIT_MS = 600_000;
const CLI = join(ROOT, 'dist', 'cli', 'main.js');

setUp(['dependencies', 'dist']);
const scratch = mkdtempSync(join(tmpdir(), 'pollux-platforms-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const available = hosts(toolFolder('platforms'), scratch);
const RECORD = join(ROOT, 'docs/results/runs/platforms.json');
const chosen = selectTargets(process.argv.slice(2));
const rows = TARGETS.flatMap((target) => {
  if (!chosen.includes(target))
    return JSON.parse(readFileSync(RECORD, 'utf8')).rows.filter(({ file }) => file === target.file);
  const bytes = readFileSync(join(PREBUILDS, target.file));
  const { library, wrong } = inspect(target, bytes);
  const about = { file: target.file, sha256: sha256(bytes), floor: floorOf(target, library) };
  if (wrong.length > 0) return [announce({ ...about, host: 'none', came: wrong.join('; '), broken: [] })];
  return outcomes(target).map((outcome) => announce({ ...about, ...outcome }));
});
const record = {
  date: new Date().toISOString().slice(0, 10),
  system: `${type()} ${machine()}, kernel ${release().split('-')[0]}`,
  rows,
};
writeFileSync(RECORD, `${JSON.stringify(record, null, 1)}\n`);
writeFileSync(join(ROOT, 'docs/results/platforms.md'), platformsPage(record));

function announce(row) {
  const counts = row.kept === undefined ? '' : `, ${row.kept} kept, ${row.gated} gated, ${row.broken.length} broken`;
  console.log(`${row.file.padEnd(32)} ${row.host}: ${row.came}${counts}`);
  return row;
}

function outcomes(target) {
  if (target.platform === 'darwin')
    return [
      {
        host: 'nothing here',
        came: `built; signature: ${target.arch === 'arm64' ? 'ad hoc, its digests hold' : 'none needed'}`,
      },
    ];
  if (target.libc === 'musl') {
    const { problem, failure } = loadOnMusl(target, join(PREBUILDS, target.file), scratch);
    const came =
      problem !== undefined
        ? `built; not loaded: ${problem}`
        : failure === undefined
          ? 'loaded'
          : `**does not load**: ${failure}`;
    return [{ host: 'a C program', came }];
  }
  const mine = available.filter(({ file }) => file === target.file);
  return mine.length === 0 ? [{ host: 'nothing here', came: 'built' }] : mine.map(runSuite);
}

/** Runs the whole suite on `host`, with the binary that it is about. */
function runSuite({ file, name, how, command: [program, ...args], problem }) {
  const suffix = how === undefined ? '' : `, ${how}`;
  if (problem !== undefined) return { host: `${name}${suffix}`, came: `built; not run: ${problem}` };
  const { stdout, stderr, error } = spawnSync(program, [...args, CLI, 'conformance', '--reporter', 'json'], {
    encoding: 'utf8',
    timeout: TIME_LIMIT_MS,
    maxBuffer: 1 << 26,
    env: { ...process.env, POLLUX_BINDING: join(PREBUILDS, file), DENO_NO_UPDATE_CHECK: '1' },
  });
  try {
    const { runtime, results } = JSON.parse(stdout);
    const of = (outcome) => results.filter((result) => result.outcome === outcome);
    return {
      host: `${runtime}${suffix}`,
      came: 'ran the suite',
      kept: of('passed').length,
      gated: of('gated').length,
      broken: of('failed').map(({ id, reason }) => ({ id, reason })),
    };
  } catch {
    return { host: `${name}${suffix}`, came: `**does not run**: ${(error?.message ?? stderr).trim().split('\n')[0]}` };
  }
}

import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { ROOT } from '../support/paths.js';

const test = suite('prebuilds');

interface Target {
  readonly file: string;
  readonly platform: string;
  readonly arch: string;
}
interface Inspect {
  inspect(target: Target, bytes: Buffer): { wrong: string[] };
}

const load = (path: string): Promise<unknown> => import(pathToFileURL(join(ROOT, 'scripts', path)).href);
const targets = async (): Promise<Target[]> => ((await load('prebuild/targets.mjs')) as { TARGETS: Target[] }).TARGETS;

function prebuild(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(ROOT, 'scripts/prebuild/prebuild.mjs'), ...args], { encoding: 'utf8' });
}

/** A copy of the sources in another folder, for as long as `use` takes. */
function withSources(use: (native: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-sources-'));
  const native = join(folder, 'native');
  cpSync(join(ROOT, 'native'), native, { recursive: true });
  try {
    use(native);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('project:prebuilds.1 every binary is listed, and built from the present sources', () => {
  const { status, stdout, stderr } = prebuild('--digests');
  assert.equal([stderr, stdout, status], ['', '10 binaries are what their sources make\n', 0]);
});

test('project:prebuilds.2 a changed token of a source invalidates the binaries that contain that source, and no others', () => {
  withSources((native) => {
    appendFileSync(join(native, 'bsd', 'knotes.cc'), ';\n');
    const { status, stdout, stderr } = prebuild('--digests', '--sources', native);
    const complaint = (file: string): string => `prebuild: ${file}: made from other sources: run npm run prebuild\n`;
    assert.equal(
      [stderr, stdout, status],
      [complaint('darwin-x64/pollux.node') + complaint('darwin-arm64/pollux.node'), '', 1],
    );
  });
});

test('project:prebuilds.3 each binary is small, needs only an old C library, and exports only its entry points', async () => {
  const { inspect } = (await load('prebuild/inspect.mjs')) as Inspect;
  for (const target of await targets()) {
    assert.equal(inspect(target, readFileSync(join(ROOT, 'prebuilds', target.file))).wrong, [], target.file);
  }
});

test('project:prebuilds.4 a file for another processor and an invalid signature are found', async () => {
  const { inspect } = (await load('prebuild/inspect.mjs')) as Inspect;
  // Pages of 16 KiB: byte 40 000 is in the third.
  const [linux, apple] = [(await targets())[0]!, (await targets()).at(-1)!];
  const bytes = readFileSync(join(ROOT, 'prebuilds', apple.file));
  bytes[40_000]! ^= 1;
  assert.equal(inspect(apple, bytes).wrong, ['signature: page 2 differs from its digest']);
  const elf = readFileSync(join(ROOT, 'prebuilds', linux.file));
  assert.equal(inspect({ ...linux, arch: 'arm64' }, elf).wrong, ['made for x64']);
});

const problem =
  process.platform === 'linux' && process.arch === 'x64'
    ? undefined
    : 'the cross compiler is a program for Linux on x86_64';
const register = problem === undefined ? test : (title: string) => test.gate(title, problem);

register('project:prebuilds.5 two builds in other folders equal the binaries byte for byte', () => {
  withSources((native) => {
    const { status, stdout, stderr } = prebuild(
      '--verify',
      '--sources',
      native,
      'linux-x64/pollux.glibc',
      'darwin-arm64',
    );
    assert.is(stdout.trimEnd().split('\n').at(-1), '2 binaries are what their sources make', stderr);
    assert.is(status, 0);
  });
});

register('project:prebuilds.6 prebuild:verify fails after a change of one token, with the reason', () => {
  withSources((native) => {
    appendFileSync(join(native, 'common', 'registry.cc'), ';\n');
    const { status, stderr } = prebuild('--verify', '--sources', native, 'linux-x64/pollux.glibc');
    assert.match(stderr, /^prebuild: linux-x64\/pollux\.glibc\.node: made from other sources: run npm run prebuild$/m);
    assert.is(status, 1);
  });
});

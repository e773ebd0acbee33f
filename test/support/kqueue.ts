import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT, nativeAddon } from './paths.js';

/** The kernels that test/kqueue-simulator can be. */
export const PERSONALITIES = ['freebsd', 'netbsd', 'darwin', 'openbsd'] as const;
export type Personality = (typeof PERSONALITIES)[number];

/** The addon over native/bsd and the simulator. */
export const KQUEUE_ADDON = nativeAddon('kqueue-addon', 'pollux');

interface Outcome {
  readonly status: number | null;
  readonly output: string;
  readonly lastLine: string;
}

/** Runs a command from the top of the repository. */
export function run(command: string, args: string[], env: NodeJS.ProcessEnv = {}): Outcome {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 1 << 26,
  });
  const output = `${stdout}${stderr}`;
  return { status, output, lastLine: stdout.trimEnd().split('\n').at(-1) ?? '' };
}

function sources(folder: string, isWanted = (_name: string): boolean => true): string[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.cc') && isWanted(name))
    .map((name) => join(folder, name));
}

/** Compiles a program over native/bsd and the simulator, with AddressSanitizer and UBSan. Returns its file. */
export function compile(name: string, own: readonly string[]): string {
  const program = join(ROOT, 'test/native', name, 'build', 'kqueue');
  mkdirSync(dirname(program), { recursive: true });
  const { status, output } = run(process.env['CXX'] ?? 'c++', [
    '-std=c++17',
    '-O1',
    '-g',
    '-pthread',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-fsanitize=address,undefined',
    '-fno-sanitize-recover=all',
    '-I',
    'test/kqueue-simulator/include',
    '-o',
    program,
    ...own,
    ...sources('native/bsd', (file) => !file.startsWith('os_')),
    'native/common/registry.cc',
    ...sources('test/kqueue-simulator/src'),
  ]);
  if (status !== 0) throw new Error(output);
  return program;
}

export const KNOTE_CHECK = [
  ...sources('test/native/kqueue-check'),
  'test/native/self-check/check.cc',
  'test/native/self-check/fixtures.cc',
];

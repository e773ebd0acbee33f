import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blocksOf } from './pages.js';
import { ROOT } from './paths.js';
import { commandFor } from './program.js';

/** What npm says where its registry cannot be had. */
const UNREACHABLE = /code (ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED)/;
const TIME_LIMIT_MS = 300_000;

export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

/** An example of a page, and what it prints: the text block that follows it. */
export interface PageExample {
  readonly heading: string;
  readonly file: string;
  readonly output: string;
}

/** A project in a folder of its own: other people's packages, which use a package of packages/ in place of another. */
export interface Dependents {
  readonly folder: string;
  /** Why they cannot be installed here. */
  readonly objection: string | undefined;
  /** Runs a program of that folder on this runtime. Its standard input is `input`. */
  run(file: string, args?: readonly string[], input?: string): Ended;
  /** The JavaScript blocks of a page, as programs of that folder. */
  examplesOf(page: string): PageExample[];
}

/**
 * Installs what packages/`name`/test/dependents/package-lock.json pins, without install scripts, over the tarballs of
 * pollux and of the package. The folder is removed when this process ends.
 */
export function dependentsOf(name: string): Dependents {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-dependents-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(ROOT, 'packages', name, 'test/dependents'), folder, { recursive: true });
  pack(ROOT, folder, 'pollux.tgz');
  pack(join(ROOT, 'packages', name), folder, 'package.tgz');
  const args = ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--no-update-notifier'];
  const { status, stderr } = npm(args, folder);
  if (status !== 0 && !UNREACHABLE.test(stderr)) throw new Error(stderr);
  return {
    folder,
    objection:
      status === 0 ? undefined : 'the registry of npm, from which the dependents are installed, is not reachable',
    run: (file, programArgs = [], input = '') =>
      // The standard input is a pipe, whatever the runtime makes of an input.
      spawnSync(
        '/bin/sh',
        ['-c', 'printf %s "$INPUT" | "$@"', 'sh', ...commandFor(join(folder, file)), ...programArgs],
        {
          cwd: folder,
          env: { ...process.env, INPUT: input },
          encoding: 'utf8',
          timeout: TIME_LIMIT_MS,
        },
      ),
    examplesOf: (page) => examplesOf(page, folder),
  };
}

function examplesOf(page: string, folder: string): PageExample[] {
  const blocks = blocksOf(page);
  return blocks.flatMap(({ heading, language, text }, index) => {
    if (language !== 'js') return [];
    const next = blocks[index + 1];
    if (next?.language !== 'text') throw new Error(`${page}: nobody says what the example "${heading}" prints`);
    const file = `${page.replaceAll('/', '-')}-${index}.${/^import /m.test(text) ? 'mjs' : 'cjs'}`;
    writeFileSync(join(folder, file), text);
    return [{ heading, file, output: next.text }];
  });
}

/** Packs the package in `from`, whose dist is there, as `file` of the folder `to`. */
function pack(from: string, to: string, file: string): void {
  const before = readdirSync(to);
  const { status, stderr } = npm(['pack', '--ignore-scripts', '--loglevel=error', `--pack-destination=${to}`], from);
  if (status !== 0) throw new Error(stderr);
  const [packed] = readdirSync(to).filter((name) => !before.includes(name));
  renameSync(join(to, packed!), join(to, file));
}

function npm(args: readonly string[], cwd: string): Ended {
  return spawnSync('npm', args, { cwd, encoding: 'utf8', timeout: TIME_LIMIT_MS });
}

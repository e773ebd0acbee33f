import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BUILD } from './paths.js';

/** The folders whose tests are about a poller or something made of one: they run over each backend. */
export const OF_A_BACKEND = ['poller', 'reactor', 'stream', 'net', 'sys', 'cli', 'fuzz'];
/** The folders whose tests run on each runtime. */
export const OF_A_RUNTIME = [...OF_A_BACKEND, 'faults', 'conformance'];
/** What differs most between runtimes: the addon's calls into JavaScript, threads, descriptors, children. */
export const CORE_OF_A_RUNTIME = ['poller', 'reactor', 'sys'];

const ENDING = '.test.js';

/** The names of the test files of `folders`, or of all: `reactor/idle`. */
export function testFiles(folders?: readonly string[]): string[] {
  const all = (readdirSync(BUILD, { recursive: true }) as string[]).filter((path) => path.endsWith(ENDING));
  const names = all.map((path) => path.slice(0, -ENDING.length)).sort();
  return folders === undefined ? names : names.filter((name) => folders.includes(folderOf(name)));
}

export function folderOf(name: string): string {
  return name.slice(0, name.indexOf('/'));
}

export function compiledFile(name: string): string {
  return join(BUILD, `${name}${ENDING}`);
}

/** Those of `names` that one of `parts` selects: a folder by its name, other files by a part of their path. */
export function select(names: readonly string[], parts: readonly string[]): string[] {
  if (parts.length === 0) return [...names];
  const folders = new Set(names.map(folderOf));
  const wanted = parts.map((part) => part.replace(/^(\.\/)?test\//, '').replace(/(\.test(\.[jt]s)?|\/)$/, ''));
  return names.filter((name) =>
    wanted.some((part) => (folders.has(part) ? folderOf(name) === part : name.includes(part))),
  );
}

/** The test files that say `sanitized` with that backend to `suite()`. */
export function filesToSanitize(backend: 'epoll' | 'kqueue'): string[] {
  return testFiles().filter((name) => {
    const [, backends = ''] = /\bsanitized: \[([^\]]*)\]/.exec(readFileSync(compiledFile(name), 'utf8')) ?? [];
    return backends.includes(`'${backend}'`);
  });
}

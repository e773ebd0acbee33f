import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BUILD, PACKAGES_BUILD, ROOT } from './paths.js';

/** The folders whose tests are about a poller or something made of one: they run over each backend. */
export const OF_A_BACKEND = ['poller', 'reactor', 'stream', 'net', 'sys', 'cli', 'lab', 'fuzz'];
/** The packages beside pollux: folders of packages. */
export const PACKAGES = readdirSync(join(ROOT, 'packages'));
/** The folders whose tests run on each runtime. */
export const OF_A_RUNTIME = [...OF_A_BACKEND, 'audit', 'faults', 'conformance', ...PACKAGES];
/** What differs most between runtimes: the addon's calls into JavaScript, threads, descriptors, children. */
export const CORE_OF_A_RUNTIME = ['poller', 'reactor', 'sys'];

const ENDING = '.test.js';

/** The names of the test files of `folders`, or of all: `reactor/idle`, `packages/epoll/closing`. */
export function testFiles(folders?: readonly string[]): string[] {
  const ofPackages = PACKAGES.flatMap((name) =>
    compiledIn(join(PACKAGES_BUILD, name, 'test')).map((file) => `packages/${name}/${file}`),
  );
  const names = [...compiledIn(BUILD), ...ofPackages].sort();
  return folders === undefined ? names : names.filter((name) => folders.includes(folderOf(name)));
}

function compiledIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const all = (readdirSync(folder, { recursive: true }) as string[]).filter((path) => path.endsWith(ENDING));
  return all.map((path) => path.slice(0, -ENDING.length));
}

/** The folder of test, or the package, whose name is the prefix of the ids. */
export function folderOf(name: string): string {
  const [first = '', second = ''] = name.split('/');
  return first === 'packages' ? second : first;
}

/** Where the TypeScript of a test file lies, from ROOT: `packages/epoll/test/closing.test.ts`. */
export function sourceFile(name: string): string {
  const [first, second, ...rest] = name.split('/');
  return `${first === 'packages' ? join(first, second!, 'test', ...rest) : join('test', name)}.test.ts`;
}

export function compiledFile(name: string): string {
  return join(BUILD, '..', sourceFile(name).replace(/\.ts$/, '.js'));
}

/** Those of `names` that one of `parts` selects: a folder by its name, other files by a part of their path. */
export function select(names: readonly string[], parts: readonly string[]): string[] {
  if (parts.length === 0) return [...names];
  const folders = new Set(names.map(folderOf));
  const wanted = parts.map((part) =>
    part
      .replace(/^(\.\/)?(test\/)?/, '')
      .replace(/^(packages\/[^/]+)\/test\//, '$1/')
      .replace(/(\.test(\.[jt]s)?|\/)$/, ''),
  );
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

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import * as assert from 'uvu/assert';
import { ROOT } from '../support/paths.js';
import { suite } from '../support/suite.js';

const test = suite('architecture');

/** A rule, and what breaks it: a line for each place. */
interface Rule {
  readonly says: string;
  breaches(): string[];
}

/**
 * The files below a folder, by their paths from ROOT. Neither links nor folders of made files are followed: a link to
 * node_modules leads to the same folder again.
 */
function filesIn(folder: string, pattern = /./): string[] {
  const entries = readdirSync(join(ROOT, folder), { withFileTypes: true });
  return entries
    .flatMap((entry) => {
      const name = join(folder, entry.name);
      if (entry.isDirectory()) return MADE.has(entry.name) ? [] : filesIn(name, pattern);
      return entry.isFile() && pattern.test(name) ? [name] : [];
    })
    .sort();
}
const MADE: ReadonlySet<string> = new Set(['build', 'dist', 'node_modules', 'kqtab']);

const foldersOf = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'build')
    .map(({ name }) => name);

const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** A file without its comments; strings stay. */
function codeOf(file: string): string {
  const tokens = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\/.*|\/\*[^]*?\*\//g;
  return textOf(file).replace(tokens, (token, literal?: string) => literal ?? token.replace(/[^\n]/g, ' '));
}

/** The lines of `files`, without comments, that match. */
function linesWith(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    codeOf(file)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
  );
}

const CPP = /\.(cc|h)$/;
const OTHER_KERNELS = {
  linux: /#\s*(el)?if.*(__APPLE__|__(Free|Net|Open)BSD__|__DragonFly__|_WIN32)/,
  bsd: /#\s*(el)?if.*_WIN32/,
};

/** What each folder of native/ may include beside itself. */
const NATIVE_INCLUDES: Readonly<Record<string, readonly string[]>> = {
  common: [],
  addon: ['common'],
  posix: ['common'],
  linux: ['common', 'posix'],
  bsd: ['common', 'posix'],
};

function wrongIncludes(): string[] {
  return foldersOf('native').flatMap((folder) =>
    filesIn(`native/${folder}`, CPP).flatMap((file) =>
      [...codeOf(file).matchAll(/#\s*include "([^"]+)"/g)]
        .map(([, path]) => normalize(join(dirname(file), path!)))
        .filter(
          (target) =>
            ![folder, ...(NATIVE_INCLUDES[folder] ?? [])].some((allowed) => target.startsWith(`native/${allowed}/`)),
        )
        .map((target) => `${file} includes ${target}`),
    ),
  );
}

/**
 * The folders of src/, and which others each may import from. `root` stands for the files of src/ itself, the
 * vocabulary; `entry` stands for the two modules there that are `pollux` and `pollux/sys`.
 */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  root: [],
  addon: ['root'],
  audit: ['root', 'addon'],
  trace: ['root'],
  poller: ['root', 'addon', 'audit'],
  reactor: ['root', 'addon', 'poller', 'sys', 'audit'],
  sys: ['root', 'addon'],
  stream: ['root', 'addon', 'sys', 'reactor', 'audit'],
  net: ['root', 'addon', 'sys', 'reactor', 'stream'],
  entry: ['root', 'addon', 'poller', 'reactor', 'sys', 'stream', 'net', 'audit'],
  cli: ['root', 'addon', 'poller', 'reactor', 'net', 'audit', 'trace', 'entry', 'conformance', 'conformance/*', 'lab'],
  lab: ['root', 'entry', 'conformance/kit', 'conformance/runner'],
  'conformance/kit': ['root', 'entry'],
  'conformance/clauses': ['root', 'entry', 'conformance/kit'],
  'conformance/driver': ['root', 'entry', 'conformance/kit'],
  'conformance/runner': ['root', 'entry', 'conformance/kit', 'conformance/clauses', 'conformance/driver'],
  'conformance/reporters': ['root', 'conformance/kit', 'conformance/runner'],
  conformance: ['conformance/*'],
};

function roomOf(file: string): string {
  const [, first = '', second = '', ...rest] = file.split('/');
  if (second === '') return ['index.ts', 'sys.ts'].includes(first) ? 'entry' : 'root';
  return first === 'conformance' && rest.length > 0 ? `${first}/${second}` : first;
}

/** Each module of src/ with the modules of src/ that it imports, types included. */
function importsOfSource(): Map<string, string[]> {
  const IMPORT = /^(?:import|export)\b[^;]*?'(\.[^']+)';|\b(?:import|require)\('(\.[^']+\.js)'\)/gm;
  const imported = (file: string): string[] =>
    [...codeOf(file).matchAll(IMPORT)]
      .map(([, path, called]) => normalize(join(dirname(file), path ?? called!)).replace(/\.js$/, '.ts'))
      .filter((target) => existsSync(join(ROOT, target)));
  return new Map(filesIn('src', /\.ts$/).map((file) => [file, imported(file)]));
}

function wrongArrows(): string[] {
  return [...importsOfSource()].flatMap(([file, imports]) => {
    const room = roomOf(file);
    const allowed = [room, ...(ARROWS[room] ?? [])];
    const isAllowed = (other: string): boolean =>
      allowed.includes(other) || (other.startsWith('conformance/') && allowed.includes('conformance/*'));
    return imports
      .filter((target) => !isAllowed(roomOf(target)))
      .map((target) => `${file} (${room}) imports ${target} (${roomOf(target)})`);
  });
}

/** Modules that import each other, each cycle once. */
function importCycles(): string[] {
  const imports = importsOfSource();
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
    if (path.includes(file) || done.has(file)) return;
    for (const target of imports.get(file)!) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  return cycles;
}

const MOST_LINES = 350;
const MOST_COLUMNS = 120;
/** Files that may be longer, and why. */
const LONGER: Readonly<Record<string, string>> = {
  'native/linux/epoll_backend.cc': 'the contract of backend.h, function by function',
  'src/audit/poller-audit.ts': 'the class PollerAudit',
  'src/reactor/reactor.ts': 'the class Reactor',
  'src/reactor/reactor-watch.ts': 'the class ReactorWatch',
  'src/stream/fd-stream.ts': 'the class FdStream',
  'src/conformance/clauses/hangup.ts': 'the clauses of one family',
  'src/conformance/clauses/threads.ts': 'the clauses of one family',
};

/** Code with a text or a regular expression, which the formatters do not break. A comment can be broken. */
const LITERAL = /^(?!\s*(?:\/\/|\/?\*|#)).*(?:['"`]|\/\S+\/[a-z]*[;,.)]?$)/;

/** Pages in template strings, and the program that was run on other kernels to make the recorded tables. */
const AS_THEY_ARE = ['scripts/pages/', 'test/kqueue-simulator/kqtab/'];

function longLines(folders: readonly string[]): string[] {
  return folders
    .flatMap((folder) => filesIn(folder, /\.(ts|js|mjs|cjs|cc|c|h|yml)$/))
    .filter((file) => !AS_THEY_ARE.some((folder) => file.startsWith(folder)))
    .flatMap((file) =>
      textOf(file)
        .split('\n')
        .flatMap((line, index) =>
          [...line].length > MOST_COLUMNS && !LITERAL.test(line) ? [`${file}:${index + 1}`] : [],
        ),
    );
}

/** What the sources of packages may import: pollux by its name, modules of the runtime, what the package depends on. */
function wrongImportsOfPackages(): string[] {
  return foldersOf('packages').flatMap((name) => {
    const folder = `packages/${name}`;
    const { dependencies = {}, peerDependencies = {} } = JSON.parse(textOf(`${folder}/package.json`)) as Record<
      string,
      Record<string, string> | undefined
    >;
    const allowed = Object.keys({ ...dependencies, ...peerDependencies });
    const isAllowed = (file: string, target: string): boolean =>
      target.startsWith('.')
        ? normalize(join(dirname(file), target)).startsWith(`${folder}/src/`)
        : target.startsWith('node:') || allowed.some((each) => target === each || target.startsWith(`${each}/`));
    return filesIn(`${folder}/src`).flatMap((file) =>
      [...codeOf(file).matchAll(/\b(?:from|import|require\()\s*\(?'([^']+)'/g)]
        .filter(([, target]) => !isAllowed(file, target!))
        .map(([, target]) => `${file} imports ${target}`),
    );
  });
}

const RULES: readonly Rule[] = [
  {
    says: 'only native/addon includes the headers of Node-API',
    breaches: () =>
      linesWith(
        filesIn('native', CPP).filter((file) => !file.startsWith('native/addon/')),
        /#\s*include.*\b(node_api|napi)\b/,
      ),
  },
  {
    says: 'a folder of native includes only itself and the folders that NATIVE_INCLUDES allows',
    breaches: wrongIncludes,
  },
  {
    says: 'the code of native/common names no kernel (comments may)',
    breaches: () =>
      linesWith(
        filesIn('native/common', CPP),
        /\b_*(epoll|kqueue|kevent|eventfd|linux|\w*bsd|darwin|apple|macos)_*\b/i,
      ),
  },
  {
    says: 'native/common has no type of JavaScript',
    breaches: () => linesWith(filesIn('native/common', CPP), /\bnapi_\w+|\bNapi::/),
  },
  {
    says: 'a backend has no #if for the kernel of another',
    breaches: () =>
      Object.entries(OTHER_KERNELS).flatMap(([folder, pattern]) =>
        linesWith(filesIn(`native/${folder}`, CPP), pattern),
      ),
  },
  {
    says: 'only native/pollux.gypi says which system has which backend',
    breaches: () =>
      ['binding.gyp', ...filesIn('native', /\.gypi?$/)].filter(
        (file) => file !== 'native/pollux.gypi' && /\bOS\b/.test(textOf(file)),
      ),
  },
  { says: 'a folder of src imports only from the folders that ARROWS allows', breaches: wrongArrows },
  { says: 'no modules of src import each other', breaches: importCycles },
  { says: 'a package of packages imports pollux by its name, and no file of src', breaches: wrongImportsOfPackages },
  {
    says: 'in the suite only the runner starts threads and processes, and one file starts drivers',
    breaches: () =>
      linesWith(
        filesIn('src/conformance', /\.ts$/).filter(
          (file) => !/^src\/conformance\/(runner\/|driver\/driver-process\.ts$)/.test(file),
        ),
        /node:(child_process|worker_threads)/,
      ),
  },
  {
    says: 'only src/runtime.ts asks which runtime this is',
    breaches: () =>
      linesWith(
        filesIn('src', /\.ts$/).filter((file) => file !== 'src/runtime.ts'),
        /\b(bun|deno)\b.*process\.versions|process\.versions.*\b(bun|deno)\b|\b(Bun|Deno)\.|process\.versions\.node\.\w/,
      ),
  },
  {
    says: 'no file is called util, helper, misc or manager: a name says what the file does',
    breaches: () =>
      ['src', 'native', 'packages', 'test', 'scripts', 'bench', 'examples', 'tools']
        .flatMap((folder) => filesIn(folder))
        .filter((file) => /util|helper|misc|manager/i.test(basename(file))),
  },
  {
    says: `a file of src, native, packages and scripts has at most ${MOST_LINES} lines, or a reason in LONGER`,
    breaches: () =>
      ['src', 'native', 'packages', 'scripts']
        .flatMap((folder) => filesIn(folder))
        .filter((file) => !(file in LONGER) && !file.endsWith('package-lock.json'))
        .filter((file) => textOf(file).split('\n').length - 1 > MOST_LINES),
  },
  {
    says: `no line has more than ${MOST_COLUMNS} columns, unless a literal makes it so`,
    breaches: () => longLines(['.github', 'bench', 'native', 'packages', 'scripts', 'src', 'test']),
  },
  {
    says: 'the package requires src/audit where it is needed, and imports only types of it',
    breaches: () =>
      linesWith(
        filesIn('src', /\.ts$/).filter((file) => !/^src\/(audit|cli)\//.test(file)),
        /^(?!import type).*from '[^']*\/audit\//,
      ),
  },
];

for (const [index, { says, breaches }] of RULES.entries()) {
  test(`project:architecture.${index + 1} ${says}`, () => {
    const found = breaches();
    assert.is(found.length, 0, `The rule is: ${says}. What breaks it:\n  ${found.join('\n  ')}`);
  });
}

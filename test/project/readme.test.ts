import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import * as pollux from 'pollux';
import * as conformance from 'pollux/conformance';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { ALL_PAGES, anchorsOf, blocksOf, CLIENTS_PAGE, PAGES, proseOf, textOf } from '../support/pages.js';
import { ROOT } from '../support/paths.js';
import { suite } from '../support/suite.js';

const test = suite('readme');
const TIME_LIMIT_MS = 120_000;

/** The pages whose examples run here, each with how many it has. */
const EXAMPLES: Readonly<Record<string, number>> = {
  'README.md': 2,
  'docs/guides/coming-from-node-net.md': 8,
  'docs/guides/coming-from-serialport.md': 2,
  'docs/guides/debugging.md': 1,
  'docs/guides/descriptors-from-elsewhere.md': 1,
  'docs/guides/edge-and-drain.md': 1,
  'docs/guides/event-loop.md': 2,
  'docs/guides/half-close-and-hangup.md': 1,
  'docs/guides/modes.md': 3,
  'docs/guides/oneshot-and-threads.md': 2,
  'docs/guides/signals.md': 1,
  'docs/guides/streams.md': 6,
  'docs/performance.md': 1,
  'docs/reference/conformance.md': 1,
  'docs/reference/errors.md': 1,
  'docs/reference/poller.md': 1,
  'docs/reference/reactor.md': 2,
  'docs/reference/sys.md': 5,
};
/** Pages with a test elsewhere; packages/NAME/test/dependents.test.ts tests those that use other packages. */
const TESTED_ELSEWHERE = [
  'docs/guides/write-your-own-poller.md',
  CLIENTS_PAGE,
  'docs/guides/coming-from-epoll.md',
  'docs/guides/coming-from-unix-dgram.md',
];

interface Example {
  page: string;
  heading: string;
  source: string;
  output: string;
}

/** The JavaScript blocks of a page, each with the text block that follows it: what it prints. */
function examplesOf(page: string): Example[] {
  const found: Example[] = [];
  let isPrinted = true;
  for (const { heading, language, text } of blocksOf(page)) {
    if (language === 'js') found.push({ page, heading, source: text, output: '' });
    else if (language === 'text' && !isPrinted) found.at(-1)!.output = text;
    else if (language === 'text') pictures.push({ page, heading, text });
    else if (language === 'json') JSON.parse(text);
    else assert.ok(language === 'sh', `a block that nothing runs: ${text}`);
    isPrinted = language !== 'js';
  }
  return found;
}

/** The text blocks that follow no example. */
const pictures: Array<{ page: string; heading: string; text: string }> = [];
const all = Object.keys(EXAMPLES).flatMap(examplesOf);

for (const [index, { page, heading, source, output }] of all.entries()) {
  test(`project:readme.${index + 1} the example "${heading}" prints what ${page} says`, () => {
    const file = join(__dirname, `readme-example-${index}.mjs`);
    writeFileSync(file, source);
    try {
      const result = spawnSync(process.execPath, [file], { encoding: 'utf8', timeout: TIME_LIMIT_MS });
      assert.is(result.stderr, '');
      assert.is(result.stdout, output);
      assert.is(result.status, 0);
    } finally {
      rmSync(file);
    }
  });
}

test('project:readme.0 every example runs in a test and says what it prints', () => {
  for (const page of PAGES) {
    if (TESTED_ELSEWHERE.includes(page)) continue;
    const count = blocksOf(page).filter(({ language }) => language === 'js').length;
    assert.is(count, EXAMPLES[page] ?? 0, `${page} has ${count} examples`);
  }
  assert.equal(
    all.filter(({ output }) => output === '').map(({ heading }) => heading),
    [],
  );
});

test('project:readme.pictures a text block that follows no example is what an example of another page prints', () => {
  assert.equal(
    pictures.map(({ page, heading }) => `${page}: ${heading}`),
    ['README.md: The modes in a picture'],
  );
  for (const { text } of pictures) {
    assert.ok(
      all.some(({ output }) => output === text),
      text,
    );
  }
});

/** The members that an interface of src/ declares. */
function membersOf(file: string, name: string): string[] {
  const source = readFileSync(join(ROOT, 'src', file), 'utf8');
  const [, body] = new RegExp(`^export interface ${name}\\b.*\\{\\n([^]*?)^\\}$`, 'm').exec(source) ?? [];
  assert.ok(body, `${file} has no interface ${name}`);
  return [...body!.matchAll(/^ {2}(?:readonly )?(\w+)\??[(:<]/gm)].map(([, member]) => member!);
}

/** The first column of the tables under a heading, a cell a line. */
function firstColumn(page: string, heading: string): string {
  const [section] = textOf(page).split(`\n## ${heading}\n`)[1]!.split('\n## ');
  return [...section!.matchAll(/^\| (`.*?) +\|/gm)].map(([, cell]) => cell).join('\n');
}

const MEMBERS = [
  ['docs/reference/poller.md', 'Poller', 'poller', 'poller.ts', 'Poller'],
  ['docs/reference/poller.md', 'Batch', 'batch', 'poller.ts', 'Batch'],
  ['docs/reference/reactor.md', 'Watch', 'watch', 'reactor/watch.ts', 'Watch'],
] as const;
const OPTIONS = [
  ['docs/reference/poller.md', 'Options of `createPoller()`', [['poller.ts', 'PollerOptions']]],
  [
    'docs/reference/reactor.md',
    'Options of `new Reactor()`',
    [
      ['poller.ts', 'PollerOptions'],
      ['reactor/reactor-options.ts', 'ReactorOptions'],
    ],
  ],
  [
    'docs/reference/conformance.md',
    'Options of `runConformance()`',
    [['conformance/runner/run.ts', 'ConformanceOptions']],
  ],
  [
    'docs/guides/streams.md',
    'The options of `listen()` and `connect()`',
    [
      ['net/listen-options.ts', 'ListenBehaviour'],
      ['net/listen-options.ts', 'ListenOnPort'],
      ['net/connect.ts', 'ConnectLimits'],
      ['net/connect.ts', 'ConnectToPort'],
    ],
  ],
] as const;

test('project:readme.api the tables of the pages have every member and every option that the types declare', () => {
  for (const [page, heading, object, file, name] of MEMBERS) {
    const column = firstColumn(page, heading);
    const members = membersOf(file, name);
    assert.ok(members.length >= 5, members.join());
    for (const member of members) assert.ok(column.includes(`\`${object}.${member}`), `${page}: ${object}.${member}`);
  }
  for (const [page, heading, types] of OPTIONS) {
    const declared = types.flatMap(([file, name]) => membersOf(file, name));
    assert.ok(declared.length >= 2, declared.join());
    assert.equal(firstColumn(page, heading).split('\n').sort(), declared.map((member) => `\`${member}\``).sort());
  }
});

test('project:readme.exports the pages of the reference name every function and class that the package exports', () => {
  const exported = { pollux, 'pollux/sys': sys, 'pollux/conformance': conformance };
  const reference = PAGES.filter((page) => page.startsWith('docs/reference/'))
    .map(textOf)
    .join('\n');
  for (const [module, names] of Object.entries(exported)) {
    const functions = Object.entries(names).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []));
    assert.ok(functions.length > 0, module);
    for (const name of functions) assert.match(reference, new RegExp(`\\b${name}\\b`), `${module}: ${name}`);
  }
});

/** What of the form `pattern` is in the files of src/ below `folder`. */
function foundInSources(folder: string, pattern: RegExp): string[] {
  const files = (readdirSync(join(ROOT, 'src', folder), { recursive: true }) as string[]).filter((file) =>
    file.endsWith('.ts'),
  );
  const texts = files.map((file) => readFileSync(join(ROOT, 'src', folder, file), 'utf8'));
  return [...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, found]) => found!)))];
}

test('project:readme.environment the table of environment variables has every variable that the package reads', () => {
  const variables = foundInSources('', /process\.env\['(\w+)'\]/g);
  assert.ok(variables.includes('POLLUX_BINDING'), variables.join());
  for (const name of variables) assert.match(textOf('docs/reference/environment.md'), `\`${name}\``, name);
});

test('project:readme.options the page of the command line has every option that the usage has', () => {
  const options = foundInSources('cli', /^ +(--[a-z]+)/gm);
  assert.ok(options.length >= 10, options.join());
  for (const option of options) assert.match(textOf('docs/reference/command-line.md'), `\`${option}`, option);
});

test('project:readme.sh the two set-up commands of the README are scripts of package.json', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const commands = [...textOf('README.md').matchAll(/^npm (\w+) /gm)].map(([, name]) => name!);
  assert.equal(commands, ['start', 'test']);
  for (const name of commands) assert.ok(scripts[name], name);
});

test('project:readme.length the README is a front page of at most 250 lines', () => {
  assert.ok(textOf('README.md').split('\n').length <= 250);
});

/** The links of a page to other files and to headings. */
function linksOf(page: string): string[] {
  return [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** What is wrong with a link of a page; undefined: nothing. */
function objectionTo(page: string, link: string): string | undefined {
  const [path, anchor] = link.split('#') as [string, string?];
  const target = path === '' ? page : posix.join(posix.dirname(page), path);
  if (!existsSync(join(ROOT, target))) return `${page}: ${link}: there is no ${target}`;
  if (anchor === undefined || !target.endsWith('.md')) return undefined;
  return anchorsOf(target).includes(anchor) ? undefined : `${page}: ${link}: ${target} has no such heading`;
}

test('project:readme.links every link of every page leads to a file or heading that is there', () => {
  const links = ALL_PAGES.flatMap((page) => linksOf(page).map((link) => ({ page, link })));
  assert.ok(links.length > 50, `${links.length} links`);
  assert.equal(
    links.map(({ page, link }) => objectionTo(page, link)).filter((objection) => objection !== undefined),
    [],
  );
});

test('project:readme.links-wrong a link to a file or heading that is not there is found', () => {
  assert.match(objectionTo('docs/README.md', 'nowhere.md')!, 'there is no docs/nowhere.md');
  assert.match(objectionTo('docs/README.md', '../README.md#nowhere')!, 'no such heading');
  assert.is(objectionTo('docs/README.md', '../README.md#install'), undefined);
});

test('project:readme.files every file of the project that a page names is there', () => {
  const isPath = /`((?:bench|docs|examples|native|scripts|src|test|tools)\/[\w./-]*\w)`/g;
  const named = ALL_PAGES.filter((page) => page !== 'CHANGELOG.md').flatMap((page) =>
    [...proseOf(page).matchAll(isPath)].map(([, path]) => ({ page, path: path! })),
  );
  assert.ok(named.length > 50, `${named.length} files`);
  const isThere = ({ page, path }: { page: string; path: string }): boolean =>
    existsSync(join(ROOT, path)) || existsSync(join(ROOT, dirname(page), path));
  assert.equal(
    named.filter((name) => !isThere(name)).map(({ page, path }) => `${page}: ${path}`),
    [],
  );
});

import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { blocksOf, textOf } from '../support/pages.js';
import { suite } from '../support/suite.js';
import { ROOT } from '../support/paths.js';

const test = suite('readme');
const TIME_LIMIT_MS = 120_000;

/** The pages whose examples run here, each with how many it has. */
const PAGES: Readonly<Record<string, number>> = { 'README.md': 12, 'docs/streams.md': 5 };

interface Example {
  page: string;
  heading: string;
  source: string;
  output: string;
}

/** The JavaScript blocks of a page, each with the text block that follows it: what it prints. */
function examplesOf(page: string): Example[] {
  const found: Example[] = [];
  for (const { heading, language, text } of blocksOf(page)) {
    if (language === 'js') found.push({ page, heading, source: text, output: '' });
    else if (language === 'text') found.at(-1)!.output = text;
    else assert.ok(language === 'sh', `a block that nothing runs: ${text}`);
  }
  return found;
}

const all = Object.keys(PAGES).flatMap(examplesOf);

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

test('project:readme.0 every example says what it prints', () => {
  for (const [page, count] of Object.entries(PAGES))
    assert.is(all.filter((example) => example.page === page).length, count);
  assert.equal(
    all.filter(({ output }) => output === '').map(({ heading }) => heading),
    [],
  );
});

/** The members that an interface of src/ declares. */
function membersOf(file: string, name: string): string[] {
  const source = readFileSync(join(ROOT, 'src', file), 'utf8');
  const [, body] = new RegExp(`^export interface ${name}\\b.*\\{\\n([^]*?)^\\}$`, 'm').exec(source) ?? [];
  assert.ok(body, `${file} has no interface ${name}`);
  return [...body!.matchAll(/^ {2}(?:readonly )?(\w+)[(?:]/gm)].map(([, member]) => member!);
}

/** The first column of the tables under a heading. */
function firstColumn(page: string, heading: string): string {
  const [section] = textOf(page).split(`\n## ${heading}\n`)[1]!.split('\n## ');
  return [...section!.matchAll(/^\| (`.*?) \|/gm)].map(([, cell]) => cell).join('\n');
}

test('project:readme.api the tables have every member of a poller, of a batch, and of the options of listen() and connect()', () => {
  const poller = firstColumn('README.md', 'The poller: `Poller` and `Batch`');
  for (const [name, members] of [
    ['poller', membersOf('poller.ts', 'Poller')],
    ['batch', membersOf('poller.ts', 'Batch')],
  ] as const) {
    assert.ok(members.length >= 5, members.join());
    for (const member of members) assert.match(poller, `\`${name}.${member}`);
  }
  const options = firstColumn('docs/streams.md', 'The options of `listen()` and `connect()`').split('\n').sort();
  const known = [
    ['net/listen.ts', 'ListenBehaviour', 'ListenOnPort'],
    ['net/connect.ts', 'ConnectLimits', 'ConnectToPort'],
  ];
  const declared = known.flatMap(([file, ...names]) => names.flatMap((name) => membersOf(file!, name)));
  assert.equal(options, declared.map((member) => `\`${member}\``).sort());
});

test('project:readme.sh the two set-up commands of the README are scripts of package.json', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const commands = [...textOf('README.md').matchAll(/^npm (\w+) /gm)].map(([, name]) => name!);
  assert.equal(commands, ['start', 'test']);
  for (const name of commands) assert.ok(scripts[name], name);
});

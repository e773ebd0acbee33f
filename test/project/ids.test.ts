import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { clauses } from 'pollux/conformance';
import * as assert from 'uvu/assert';
import { ROOT } from '../support/paths.js';
import { suite } from '../support/suite.js';
import { folderOf, sourceFile, testFiles } from '../support/test-files.js';

interface Ids {
  complaints(owner: string, titles: readonly string[], prefix: string): string[];
}

const test = suite('ids of clauses, tests and native checks');

/** The programs of checks in C++, by the prefix of their ids. */
const NATIVE = { native: 'test/native/self-check', 'kqueue-check': 'test/native/kqueue-check' };
const load = async (): Promise<Ids> => {
  const module = (await import(pathToFileURL(join(ROOT, 'test/ids.mjs')).href)) as { Ids: new () => Ids };
  return new module.Ids();
};

/** What the checks in C++ of a folder are called, by file. */
function nativeTitles(folder: string): Array<[file: string, titles: string[]]> {
  return readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.cc'))
    .map((name) => `${folder}/${name}`)
    .map((file) => {
      const text = readFileSync(join(ROOT, file), 'utf8');
      return [file, [...text.matchAll(/^CLAUSE\(\s*"((?:[^"\\]|\\.)*)"/gm)].map(([, title]) => title!)];
    });
}

test('project:ids.1 clauses own the bare ids, and checks in C++ have the prefix of their program', async () => {
  const ids = await load();
  const complaints = clauses.flatMap(({ id, title }) => ids.complaints(`the clause ${id}`, [`${id} ${title}`], ''));
  for (const [prefix, folder] of Object.entries(NATIVE)) {
    const titles = nativeTitles(folder);
    assert.ok(titles.length > 5, `${folder}: the checks were not found`);
    for (const [file, found] of titles) complaints.push(...ids.complaints(file, found, prefix));
  }
  assert.is(complaints.join('\n'), '');
});

test('project:ids.2 a test has the prefix of its folder, and no id is written at two tests', () => {
  const places = new Map<string, string>();
  const complaints: string[] = [];
  for (const name of testFiles()) {
    const text = readFileSync(join(ROOT, sourceFile(name)), 'utf8');
    for (const [, title] of text.matchAll(
      /\b(?:[tT]est|clause|register|faulty\w*|onEach\w+|onBoth\w+|\w+\))\(\s*(?:[\w.]+,\s*)?['"`]([^'"`\n]+)/g,
    )) {
      const [, id, prefix] = /^(([a-z-]+):[a-z0-9.-]+) /.exec(title!) ?? [];
      if (id === undefined) continue;
      if (prefix !== folderOf(name))
        complaints.push(`${sourceFile(name)}: ${id} has not the prefix ${folderOf(name)}:`);
      if (places.has(id))
        complaints.push(`${sourceFile(name)}: ${id} is the id of a test in ${sourceFile(places.get(id)!)}, too`);
      places.set(id, name);
    }
  }
  assert.ok(places.size > 500, `${places.size} ids`);
  assert.is(complaints.join('\n'), '');
});

test('project:ids.3 an id that breaks the rule is named with the rule', async () => {
  const ids = await load();
  assert.equal(
    ids.complaints('test/reactor/idle', ['reactor:idle.3 a', 'reactor:idle.3 b', 'reactor:wake-up.x.1 c'], 'reactor'),
    [],
  );
  for (const [title, complaint] of [
    ['idle.4 a', /^the id idle\.4 is not of the form reactor:group\.3, after its folder: idle\.4 a$/],
    ['poller:idle.4 a', /^the id poller:idle\.4 is not of the form reactor:group\.3/],
    ['reactor:idle.3 c', /^the id reactor:idle\.3 is that of test\/reactor\/idle, too/],
  ] as const) {
    const [first, ...others] = ids.complaints('test/reactor/other', [title], 'reactor');
    assert.match(first!, complaint);
    assert.equal(others, []);
  }
  assert.match(
    ids.complaints('test/reactor/idle', ['reactor:idle.3 a'], 'reactor').join(),
    /^test\/reactor\/idle has the same title/,
  );
  assert.match(ids.complaints('a clause', ['native:hangup.2 d'], '').join(), /is not bare, as those of clauses are/);
});

import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from './support/suite.js';

const test = suite('readme');
const ROOT = resolve(__dirname, '..', '..');
const TIME_LIMIT_MS = 20_000;

interface Example {
  heading: string;
  source: string;
  output: string;
}

/** The JavaScript blocks of the README, each with the text block that follows it: what it prints. */
function examples(): Example[] {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const found: Example[] = [];
  let heading = 'opening';
  for (const [block, title, language, text] of readme.matchAll(/^#+ (.*)$|^```(\w+)\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) heading = title;
    else if (language === 'js') found.push({ heading, source: text!, output: '' });
    else if (language === 'text') found.at(-1)!.output = text!;
    else assert.ok(language === 'sh', `a block that nothing runs: ${block}`);
  }
  return found;
}

const all = examples();

for (const [index, { heading, source, output }] of all.entries()) {
  test(`readme.${index + 1} the example "${heading}" prints what the README says`, () => {
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

test('readme.0 every example of the README says what it prints', () => {
  assert.is(all.length, 12);
  assert.equal(all.filter(({ output }) => output === '').map(({ heading }) => heading), []);
});

test('readme.sh the two set-up commands of the README are scripts of package.json', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  const commands = [...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/^npm (\w+) /gm)].map(([, name]) => name!);
  assert.equal(commands, ['start', 'test']);
  for (const name of commands) assert.ok(scripts[name], name);
});

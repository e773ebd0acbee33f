import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runConformance } from 'pollux/conformance';
import * as assert from 'uvu/assert';
import { blocksOf } from '../support/pages.js';
import { suite } from '../support/suite.js';
import { ROOT } from '../support/paths.js';

const test = suite('docs/guides/write-your-own-poller.md');

const EXAMPLE = join(ROOT, 'examples', 'poll-poller.mjs');
const source = readFileSync(EXAMPLE, 'utf8');
const PAGE = 'docs/guides/write-your-own-poller.md';

function blocks(language: string): string[] {
  return blocksOf(PAGE)
    .filter((block) => block.language === language)
    .map(({ text }) => text);
}

/** The output of a run without times, descriptor numbers and the name of the system. */
function lasting(text: string): string[] {
  return text.split('\n').map((line) =>
    line
      .replace(/ \d+ ms$/, ' N ms')
      .replace(/ in [\d.]+ s$/, ' in N s')
      .replace(/(['(])\d+ (?=[A-Z]|is watched)/g, '$1FD ')
      .replace(/^(pollux conformance, \w+) \(.*\)$/, '$1'),
  );
}

function conformance(module: string, ...args: string[]): string {
  const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env;
  return spawnSync(
    process.execPath,
    [join(ROOT, 'dist', 'cli', 'main.js'), 'conformance', '--module', module, ...args],
    {
      encoding: 'utf8',
      env,
    },
  ).stdout;
}

/** The lines of `excerpt` are consecutive lines of `printed`; `…` stands for any text. */
function assertExcerpt(excerpt: string, printed: string): void {
  const lines = lasting(printed);
  let at = 0;
  for (const part of excerpt
    .trimEnd()
    .split(/^…\n?/m)
    .map((text) => lasting(text.trimEnd()))) {
    if (part.join('') === '') continue;
    const found = lines.findIndex(
      (_, index) => index >= at && part.every((line, offset) => lines[index + offset] === line),
    );
    assert.ok(found >= 0, `not printed:\n${part.join('\n')}\n\nprinted:\n${printed}`);
    at = found + part.length;
  }
}

/** Writes files beside the compiled tests, where 'pollux' is this package, and runs `body` with their folder. */
async function withFiles(
  files: Readonly<Record<string, string>>,
  body: (folder: string) => void | Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(__dirname, 'own-poller-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('conformance:own-poller.1 the code on the page is the code of the example file', () => {
  assert.is(blocks('js')[0], source);
});

test('conformance:own-poller.2 the suite prints what the page says, with these totals', () => {
  const printed = conformance(EXAMPLE);
  assert.match(printed, /^205 passed, 51 failed, 97 gated in /m);
  assertExcerpt(blocks('text')[0]!, printed);
});

test('conformance:own-poller.3 the fix on the page makes the named clauses pass, and no other clause fails', async () => {
  const [wrong, right] = blocks('diff')[0]!.trimEnd().split('\n');
  assert.equal([wrong![0], right![0], source.split(wrong!.slice(1)).length], ['-', '+', 2]);
  await withFiles({ 'poll-poller.mjs': source.replace(wrong!.slice(1), right!.slice(1)) }, async (folder) => {
    const module = join(folder, 'poll-poller.mjs');
    assertExcerpt(blocks('text')[1]!, conformance(module, '--filter', 'oneshot.6,error.12,error.13,priority.6'));
    const report = await runConformance({ module });
    assert.equal([report.passed, report.failed, report.gated], [209, 47, 97]);
  });
});

test('conformance:own-poller.4 a program that calls the suite prints what the page says', async () => {
  await withFiles({ 'poll-poller.mjs': source, 'program.mjs': blocks('js')[1]! }, (folder) => {
    const { stdout, stderr } = spawnSync(process.execPath, [join(folder, 'program.mjs')], { encoding: 'utf8' });
    assert.equal([lasting(stdout), stderr], [lasting(blocks('text')[2]!), '']);
  });
});

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { blocksOf, CLIENTS_PAGE, PAGES, type Block } from '../support/pages.js';
import { suite } from '../support/suite.js';
import { ROOT } from '../support/paths.js';

const test = suite('examples: types');
const COMPILER = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');

/** The strict options that a user may have switched on; the declarations of Node itself are not checked. */
const BASE = {
  module: 'nodenext',
  target: 'es2022',
  lib: ['es2022', 'esnext.disposable'],
  types: ['node'],
  noEmit: true,
  strict: true,
  skipLibCheck: true,
};
const TYPESCRIPT = {
  ...BASE,
  exactOptionalPropertyTypes: true,
  noImplicitReturns: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
};
/** Files of examples/ are JavaScript: their parameters have no types. */
const JAVASCRIPT = { ...BASE, allowJs: true, checkJs: true, noImplicitAny: false };

const EXAMPLES = join(ROOT, 'examples');
const sources = readdirSync(EXAMPLES)
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => readFileSync(join(EXAMPLES, file), 'utf8'));

/** The clients bring types of their own, or none; so do packages that a program requires before it comes to pollux. */
const isForOthers = ({ page, text }: Block): boolean =>
  page === CLIENTS_PAGE || /\brequire\('(?!node:|pollux)/.test(text);
const all = PAGES.flatMap(blocksOf).filter((block) => block.language === 'js' && !isForOthers(block));
const files = all.filter(({ text }) => sources.includes(text));
const excerpts = all.filter((block) => !files.includes(block));

/** The messages of tsc about the blocks as modules that use the installed package, with places in the page. */
function complaints(blocks: readonly Block[], compilerOptions: typeof TYPESCRIPT | typeof JAVASCRIPT): string[] {
  const extension = 'allowJs' in compilerOptions ? 'mjs' : 'mts';
  const folder = mkdtempSync(join(__dirname, 'examples-types-'));
  try {
    const names = blocks.map((_, index) => `block-${index}.${extension}`);
    for (const [index, { text }] of blocks.entries()) writeFileSync(join(folder, names[index]!), text);
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: names }));
    const { status, stdout, stderr } = spawnSync(process.execPath, [COMPILER, '--pretty', 'false'], {
      cwd: folder,
      encoding: 'utf8',
    });
    const lines = `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
    assert.is(status === 0, lines.length === 0, `exit status ${status}`);
    return lines.map((line) =>
      line.replace(/^block-(\d+)\.m[jt]s\((\d+),\d+\)/, (_, index: string, within: string) => {
        const block = blocks[Number(index)]!;
        return `${block.page}:${block.line + Number(within) - 1}`;
      }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The block that contains `from`, with `to` instead. */
function spoilt(from: string, to: string): Block {
  const block = excerpts.find(({ text }) => text.includes(from));
  assert.ok(block, `no block has ${from}`);
  return { ...block!, text: block!.text.replace(from, to) };
}

function placeIn({ page, line, text }: Block, part: string): string {
  return `${page}:${line + text.slice(0, text.indexOf(part)).split('\n').length - 1}`;
}

test('project:examples-types.1 every js block of the README and of docs/ compiles under the strictest TypeScript', () => {
  assert.equal(complaints(excerpts, TYPESCRIPT), []);
  assert.ok(new Set(excerpts.map(({ page }) => page)).size > 10);
});

test('project:examples-types.2 a block that is a whole file of examples/ compiles as checked JavaScript', () => {
  assert.equal(complaints(files, JAVASCRIPT), []);
  assert.equal(
    files.map(({ page }) => page),
    ['docs/guides/write-your-own-poller.md'],
  );
});

test('project:examples-types.3 an error in a block is reported with its place in the page', () => {
  const wrong = [
    spoilt('if (message !== sys.WOULD_BLOCK) console', 'console'),
    spoilt('server.address;', 'server.peer;'),
    spoilt("id === 'oneshot.6')?.promise", "id === 'oneshot.6').promise"),
  ];
  // An indented line continues the message above it.
  const lines = complaints(wrong, TYPESCRIPT).filter((line) => !line.startsWith(' '));
  const found = lines.map((line) => /^(.*?): error (TS\d+): /.exec(line)?.slice(1) ?? line);
  assert.equal(found, [
    [placeIn(wrong[0]!, 'message.length'), 'TS2339'],
    [placeIn(wrong[0]!, 'message.truncated'), 'TS2339'],
    [placeIn(wrong[1]!, 'server.peer'), 'TS2339'],
    [placeIn(wrong[2]!, "'oneshot.6').promise"), 'TS2532'],
  ]);
});

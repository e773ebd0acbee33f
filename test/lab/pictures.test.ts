import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  EXTRA_EDGES,
  endThreads,
  LESSONS,
  NAMES,
  PLAIN,
  runScript,
  type Step,
  svgOf,
  TextTimeline,
} from '../support/lab.js';
import { blocksOf, PAGES, textOf } from '../support/pages.js';
import { ROOT } from '../support/paths.js';
import { suite } from '../support/suite.js';

const test = suite('lab-pictures');
const FOLDER = join(ROOT, 'docs', 'lab');
const scripts = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.lab'))
  .sort();

async function picture(script: string): Promise<string> {
  const run = await runScript(script, 'script');
  await endThreads();
  return svgOf(run);
}

for (const name of scripts) {
  test.unless(EXTRA_EDGES)(
    `lab:pictures.1 the picture of docs/lab/${name} is what this kernel shows: node scripts/pages/lab.mjs writes it`,
    async () => {
      const drawn = await picture(readFileSync(join(FOLDER, name), 'utf8'));
      assert.fixture(drawn, readFileSync(join(FOLDER, name.replace(/lab$/, 'svg')), 'utf8'));
    },
  );
}

test('lab:pictures.2 every picture has a script, and a page that shows it with words in its place', () => {
  const pictures = readdirSync(FOLDER).filter((name) => name.endsWith('.svg'));
  assert.equal(pictures.map((name) => name.replace(/svg$/, 'lab')).sort(), scripts);
  const shown = PAGES.flatMap((page) =>
    [...textOf(page).matchAll(/!\[([^\]]*)\]\((?:[\w./]*\/)?([\w-]+\.svg)\)/g)].map(([, words, file]) => ({
      words,
      file,
    })),
  );
  for (const file of pictures) {
    const uses = shown.filter((use) => use.file === file);
    assert.ok(uses.length > 0, `no page shows ${file}`);
    for (const { words } of uses) assert.ok(words!.length > 20, `${file}: what it shows, for those who do not see it`);
  }
});

test('lab:pictures.3 a picture says in words what it shows, has colours for dark pages, and no text of a script as markup', async () => {
  const svg = await picture('title <b> & "c"\nmodes LEVEL ONESHOT\nopen pipe\nwrite\nclose\nrearm\nremove\nremove');
  assert.match(svg, '<title id="t">&lt;b&gt; &amp; "c"</title>');
  assert.match(svg, '@media(prefers-color-scheme:dark)');
  for (const word of ['>READABLE<', '>READ_CLOSED<', '>HANGUP<', '>disarmed<', '>removed<', '>ENOENT<', '>LEVEL<'])
    assert.ok(svg.includes(word), word);
  assert.match(
    svg,
    /<desc id="d">fd is the read end of a pipe[^<]*write \(1 unread\) +READABLE +READABLE\n[^<]*<\/desc>/,
  );
  assert.not.match(svg, /<script|<image|href=|url\(/);
  assert.is(
    [...svg.matchAll(/<(\w+)[ >]/g)].length - [...svg.matchAll(/\/>/g)].length,
    [...svg.matchAll(/<\//g)].length,
  );
});

test('lab:pictures.4 nothing that is drawn lies outside of the picture, however long the texts are', async () => {
  const title = 'a title of many words '.repeat(10);
  for (const modes of ['LEVEL', 'LEVEL EDGE', 'LEVEL EDGE ONESHOT EDGE|ONESHOT']) {
    const svg = await picture(
      `title ${title}\nmodes ${modes}\nopen fifo writer\nfill\nclose\nopen tcp\nwrite 65536\nread 60000\nreset\nrearm`,
    );
    const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)!.map(Number);
    const texts = [...svg.matchAll(/<text(?: class="(\w+)")? x="([\d.]+)" y="([\d.]+)">([^<]*)</g)];
    assert.ok(texts.length > 15);
    for (const [, kind = '', x, y, text] of texts) {
      const characters = ['mode', 'word', 'code', 'note'].includes(kind) ? text!.length / 2 : text!.length;
      assert.ok(Number(x) + 7.8 * characters <= width! && Number(y) < height!, `${x} ${y} ${text}`);
    }
  }
});

test('lab:pictures.5 the timeline as text fits into 80 columns', async () => {
  const script = `modes LEVEL EDGE ONESHOT EDGE|ONESHOT\nopen tcp\n# ${'long words '.repeat(20)}\nwrite 65536 peer\nfill fd\nreset\nwait`;
  const { parts } = await runScript(script, 'script');
  const timeline = new TextTimeline(PLAIN);
  const lines = parts.flatMap((part: string | Step) => timeline.linesOf(part));
  assert.equal(
    lines.filter((line) => [...line].length > 80),
    [],
  );
  assert.ok(lines.every((line) => line === line.trimEnd()));
});

const GUIDE = 'docs/guides/lab.md';
const blocks = blocksOf(GUIDE);

test.unless(EXTRA_EDGES)(
  'lab:pictures.6 a script in the guide to the lab shows what the block after it says',
  async () => {
    const scripts = blocks.filter(({ language }) => language === 'lab');
    assert.ok(scripts.length > 0);
    for (const script of scripts) {
      const { parts } = await runScript(script.text, GUIDE);
      const timeline = new TextTimeline(PLAIN);
      const shown = blocks[blocks.indexOf(script) + 1]!;
      assert.equal(
        [shown.language, shown.text],
        ['text', `${parts.flatMap((part) => timeline.linesOf(part)).join('\n')}\n`],
      );
    }
  },
);

test('lab:pictures.7 the guide to the lab names every command and every lesson', () => {
  for (const name of [...NAMES, ...LESSONS.map((lesson) => lesson.name)])
    assert.ok(new RegExp(`\`${name}[ \`]`).test(textOf(GUIDE)), name);
});

import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as assert from 'uvu/assert';
import { exchange } from './support/echo-process.js';
import { suite } from './support/suite.js';

const test = suite('examples');
const EXAMPLES = resolve(__dirname, '..', '..', 'examples');
const MOST_LINES = 120;

function start(name: string, ...args: string[]): { child: ChildProcess; line(): Promise<string> } {
  const child = spawn(process.execPath, [join(EXAMPLES, name), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  let rest = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop()!;
    lines.push(...parts);
    child.emit('line');
  });
  return {
    child,
    line: async () => {
      while (lines.length === 0) await once(child, 'line');
      return lines.shift()!;
    },
  };
}

test('examples.1 each is short and begins with how to try it', () => {
  const files = readdirSync(EXAMPLES).filter((file) => file.endsWith('.mjs'));
  assert.ok(files.length >= 3);
  for (const file of files) {
    const lines = readFileSync(join(EXAMPLES, file), 'utf8').split('\n');
    assert.ok(lines.length <= MOST_LINES, `${file} has ${lines.length} lines`);
    const opening = lines.slice(0, lines.findIndex((line) => !line.startsWith('//'))).join('\n');
    assert.match(opening, new RegExp(`(node|--module) examples/${file}`));
  }
});

test('examples.2 blocking-echo echoes until it is told to stop', async () => {
  const { child, line } = start('blocking-echo.mjs');
  const port = Number((await line()).replace('listening on 127.0.0.1:', ''));
  const server = { host: '127.0.0.1', port };
  const large = Buffer.alloc(3_000_000, 'pollux');
  assert.is(String(await exchange(server, Buffer.from('hello'))), 'hello');
  assert.ok((await exchange(server, large)).equals(large));
  const ended = once(child, 'exit');
  await exchange(server, Buffer.from('stop\n'));
  assert.equal(await ended, [0, null]);
});

test('examples.3 oneshot-pool answers each request once', () => {
  const result = spawnSync(process.execPath, [join(EXAMPLES, 'oneshot-pool.mjs')], { encoding: 'utf8', timeout: 30_000 });
  assert.is(result.stdout, '300 requests answered by 3 threads\n', result.stderr);
  assert.is(result.status, 0);
});

test('examples.4 watch-fifo reads what one writer after the other says', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-fifo-'));
  const path = join(folder, 'door');
  execFileSync('mkfifo', [path]);
  const { child, line } = start('watch-fifo.mjs', path);
  const ended = once(child, 'exit');
  assert.is(await line(), `reading ${path}`);
  for (const word of ['one', 'two', 'bye']) {
    writeFileSync(path, `${word}\n`);
    assert.is(await line(), word);
  }
  assert.equal(await ended, [0, null]);
  rmSync(folder, { recursive: true });
});

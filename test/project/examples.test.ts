import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { exchange } from '../support/echo-process.js';
import { EXAMPLES, startExample, startServer } from '../support/example.js';
import { suite } from '../support/suite.js';
import { Talk } from '../support/talk.js';

const test = suite('examples');
const MOST_LINES = 130;

test('project:examples.1 each example is short and begins with the commands to try it', () => {
  const files = readdirSync(EXAMPLES).filter((file) => file.endsWith('.mjs'));
  assert.ok(files.length >= 3);
  for (const file of files) {
    const lines = readFileSync(join(EXAMPLES, file), 'utf8').split('\n');
    assert.ok(lines.length <= MOST_LINES, `${file} has ${lines.length} lines`);
    const opening = lines
      .slice(
        0,
        lines.findIndex((line) => !line.startsWith('//')),
      )
      .join('\n');
    assert.match(opening, new RegExp(`(node|--module) examples/${file}`));
  }
});

test('project:examples.2 blocking-echo echoes until a signal ends it', async () => {
  await using example = await startServer('blocking-echo.mjs');
  const server = { host: '127.0.0.1', port: example.port };
  const large = Buffer.alloc(3_000_000, 'pollux');
  assert.is(String(await exchange(server, Buffer.from('hello'))), 'hello');
  assert.ok((await exchange(server, large)).equals(large));
  await exchange(server, Buffer.from('stop\n'));
  assert.equal(await example.ended, [0, null]);
});

for (const [kind, pieces] of Object.entries({
  'of telnet, with CR LF': ['stop\r\n'],
  'after another': ['hello\nstop\n'],
  'that comes in pieces': ['st', 'op\r', '\n'],
})) {
  test(`project:examples.8 a line "stop" ends blocking-echo: one ${kind}`, async () => {
    await using example = await startServer('blocking-echo.mjs');
    const client = new Talk(example.port);
    assert.is(
      await client.ask('stopped\nstop it\nno stop\n', 'stopped\nstop it\nno stop\n'),
      'stopped\nstop it\nno stop\n',
    );
    for (const piece of pieces) assert.is(await client.ask(piece, piece), piece);
    assert.equal(await example.ended, [0, null]);
    client.close();
  });
}

test('project:examples.3 oneshot-pool answers each request once', () => {
  const result = spawnSync(process.execPath, [join(EXAMPLES, 'oneshot-pool.mjs')], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  assert.is(result.stdout, '300 requests answered by 3 threads\n', result.stderr);
  assert.is(result.status, 0);
});

test('project:examples.7 mortal-pool answers each request once although threads end', () => {
  const result = spawnSync(process.execPath, [join(EXAMPLES, 'mortal-pool.mjs')], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  assert.is(result.stdout, 'a thread dies\na thread dies\n300 requests answered\n', result.stderr);
  assert.is(result.status, 0);
});

test('project:examples.4 watch-fifo prints the data of one writer after the other', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-fifo-'));
  const path = join(folder, 'door');
  execFileSync('mkfifo', [path]);
  await using example = startExample('watch-fifo.mjs', path);
  assert.is(await example.line(), `reading ${path}`);
  for (const word of ['one', 'two', 'bye']) {
    writeFileSync(path, `${word}\n`);
    assert.is(await example.line(), word);
  }
  assert.equal(await example.ended, [0, null]);
  rmSync(folder, { recursive: true });
});

test('project:examples.6 watch-fifo without a FIFO prints its usage', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(EXAMPLES, 'watch-fifo.mjs')], {
    encoding: 'utf8',
  });
  assert.equal([status, stdout, stderr], [2, '', 'usage: node examples/watch-fifo.mjs FIFO\n']);
});

for (const way of ['reuseport', 'exclusive']) {
  test(`project:examples.5 reuseport-workers ${way}: each request is answered once`, () => {
    const result = spawnSync(process.execPath, [join(EXAMPLES, 'reuseport-workers.mjs'), way], {
      encoding: 'utf8',
      timeout: 120_000,
    });
    const [, first, second, third] =
      new RegExp(`^${way}: 600 requests answered by 3 threads: (\\d+) \\+ (\\d+) \\+ (\\d+)\n$`).exec(result.stdout) ??
      [];
    assert.is(Number(first) + Number(second) + Number(third), 600, result.stdout + result.stderr);
    assert.is(result.status, 0);
  });
}

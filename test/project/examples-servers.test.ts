import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { startServer } from '../support/example.js';
import { suite } from '../support/suite.js';
import { lacks, Talk } from '../support/talk.js';

const test = suite('examples-servers');
const BIG = randomBytes(20_000_000);

/** A folder with files to serve, removed when its scope is left. */
function files(): Disposable & { readonly path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-files-'));
  const path = join(folder, 'root');
  mkdirSync(join(path, 'sub'), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  writeFileSync(join(path, 'a.txt'), 'alpha');
  writeFileSync(join(path, 'empty.css'), '');
  writeFileSync(join(path, 'a b.html'), '<p>');
  writeFileSync(join(path, 'sub', 'index.html'), 'index');
  writeFileSync(join(path, 'big.bin'), BIG);
  symlinkSync(join(folder, 'secret.txt'), join(path, 'link.txt'));
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

function head(status: string, length: number, type: string, connection = 'keep-alive'): string {
  return `HTTP/1.1 ${status}\r\ncontent-length: ${length}\r\ncontent-type: ${type}\r\nconnection: ${connection}\r\n\r\n`;
}

test('project:examples-servers.1 static-server answers several requests over one connection, also when they come at once', async () => {
  using served = files();
  await using server = await startServer('static-server.mjs', served.path);
  const client = new Talk(server.port);
  const missing = head('404 Not Found', 0, 'text/plain');
  const script: Array<[string, string]> = [
    ['GET /a.txt', `${head('200 OK', 5, 'text/plain')}alpha`],
    ['GET /a.txt?x=1', `${head('200 OK', 5, 'text/plain')}alpha`],
    ['HEAD /a.txt', head('200 OK', 5, 'text/plain')],
    ['GET /empty.css', head('200 OK', 0, 'text/css')],
    ['GET /a%20b.html', `${head('200 OK', 3, 'text/html')}<p>`],
    ['GET /sub/', `${head('200 OK', 5, 'text/html')}index`],
    ['GET /sub', missing],
    ['GET /', missing],
    ['GET /none', missing],
    ['HEAD /none', missing],
    ['GET /../secret.txt', missing],
    ['GET /sub/%2e%2e/%2e%2e/secret.txt', missing],
    ['GET /link.txt', missing],
    ['GET /%00', missing],
    ['GET /%zz', missing],
    ['POST /a.txt', head('405 Method Not Allowed', 0, 'text/plain')],
  ];
  const asked = script.map(([line]) => `${line} HTTP/1.1\r\nHost: here\r\n\r\n`);
  for (const [i, [, expected]] of script.entries()) assert.is(await client.ask(asked[i]!, expected), expected);
  const all = script.map(([, expected]) => expected).join('');
  assert.is(await client.ask(asked.join(''), all), all);
  client.close();
});

test('project:examples-servers.2 static-server ends a connection that asks for it or sends an invalid request', async () => {
  using served = files();
  await using server = await startServer('static-server.mjs', served.path);
  const last = `${head('200 OK', 5, 'text/plain', 'close')}alpha`;
  const script: Array<[string, string]> = [
    ['GET /a.txt HTTP/1.1\r\nConnection: close\r\n\r\n', last],
    ['GET /a.txt HTTP/1.0\r\n\r\n', last],
    ['GET /a.txt HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi', last],
    ['what is this\r\n\r\n', head('400 Bad Request', 0, 'text/plain', 'close')],
    [`GET /${'x'.repeat(16379)}`, head('431 Request Header Fields Too Large', 0, 'text/plain', 'close')],
  ];
  for (const [asked, expected] of script) {
    const client = new Talk(server.port);
    client.socket.write(asked);
    assert.is(await client.rest(), expected);
    client.close();
  }
});

test('project:examples-servers.3 static-server sends a large file to slow and fast clients', async () => {
  using served = files();
  await using server = await startServer('static-server.mjs', served.path);
  const agent = new Agent({ keepAlive: true });
  const get = (path: string): Promise<Buffer> =>
    new Promise((done, reject) => {
      const asked = request({ port: server.port, host: '127.0.0.1', path, agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => done(Buffer.concat(chunks)));
      });
      asked.on('error', reject).end();
    });
  const slow = new Talk(server.port);
  slow.socket.pause();
  slow.socket.write('GET /big.bin HTTP/1.1\r\n\r\n');
  const found = await Promise.all(Array.from({ length: 8 }, () => get('/big.bin')));
  for (const bytes of found) assert.ok(bytes.equals(BIG));
  assert.is(String(await get('/a.txt')), 'alpha');
  const gone = new Talk(server.port);
  gone.socket.on('error', () => undefined);
  gone.socket.write('GET /big.bin HTTP/1.1\r\n\r\n');
  await gone.take(1000);
  gone.socket.resetAndDestroy();
  slow.socket.resume();
  const expected = head('200 OK', BIG.length, 'application/octet-stream');
  assert.is(await slow.ask('', expected), expected);
  assert.ok((await slow.take(BIG.length)).equals(BIG));
  slow.close();
  agent.destroy();
});

const TITLE = 'project:examples-servers.4 curl gets a file from static-server, and its headers alone';
const lacking = lacks('curl');
if (lacking !== undefined) {
  test.gate(TITLE, lacking);
} else {
  test(TITLE, async () => {
    using served = files();
    await using server = await startServer('static-server.mjs', served.path);
    const url = `http://127.0.0.1:${server.port}`;
    const curl = (...args: string[]): string =>
      spawnSync('curl', ['-sS', '--path-as-is', ...args], { encoding: 'latin1', timeout: 120_000 }).stdout;
    assert.is(curl(`${url}/a.txt`, `${url}/sub/`), 'alphaindex');
    assert.is(curl('-I', `${url}/a.txt`), head('200 OK', 5, 'text/plain'));
    assert.is(curl('-w', '%{http_code}', `${url}/../secret.txt`), '404');
  });
}

test('project:examples-servers.5 chat passes each line on to the other clients, and announces who comes and goes', async () => {
  await using server = await startServer('chat.mjs');
  const guests = { ann: new Talk(server.port), bob: new Talk(server.port) };
  const expect = async (guest: Talk, says: string, expected: string): Promise<void> => {
    assert.is(await guest.ask(says, expected), expected);
  };
  await expect(guests.ann, '', 'your name?\n');
  await expect(guests.ann, 'ann\n', 'you are the first\n');
  await expect(guests.bob, '', 'your name?\n');
  await expect(guests.bob, 'ann\n', 'there is one already: your name?\n');
  await expect(guests.bob, '\r\n', 'a name is 1 to 20 letters: your name?\n');
  await expect(guests.bob, 'bob\nhello\nwho is ', 'here are: ann\n');
  await expect(guests.ann, '', '* bob comes\nbob: hello\n');
  guests.bob.socket.write('there?\r\n');
  await expect(guests.ann, '', 'bob: who is there?\n');
  await expect(guests.bob, '', '');
  guests.ann.socket.write('me\n');
  await expect(guests.bob, '', 'ann: me\n');
  guests.ann.socket.end();
  await expect(guests.bob, '', '* ann goes\n');
  assert.is(await guests.ann.rest(), '');
  guests.bob.close();
});

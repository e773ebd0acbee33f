import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { startServer } from '../support/example.js';
import { suite } from '../support/suite.js';
import { lacks, Talk } from '../support/talk.js';

const test = suite('examples-servers');
const BIG = randomBytes(20_000_000);
/** When the served files were changed: 2001-01-01, in seconds. */
const CHANGED = 978_307_200;

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
  for (const name of ['a.txt', 'empty.css', 'a b.html', 'sub/index.html', 'big.bin']) {
    utimesSync(join(path, name), CHANGED, CHANGED);
  }
  symlinkSync(join(folder, 'secret.txt'), join(path, 'link.txt'));
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

/** The head of an answer, whose lines come in this order. */
function headOf(status: string, fields: Readonly<Record<string, string | number>>, connection = 'keep-alive'): string {
  const lines = Object.entries({ ...fields, connection }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\n${lines.join('')}\r\n`;
}

const tagOf = (size: number): string => `"${(BigInt(CHANGED) * 10n ** 9n).toString(36)}-${size.toString(36)}"`;
const aboutFile = (size: number): Record<string, string> => ({
  etag: tagOf(size),
  'last-modified': 'Mon, 01 Jan 2001 00:00:00 GMT',
});

/** The head that comes before a whole file. */
function head(size: number, type: string, connection?: string): string {
  const fields = { 'content-length': size, 'content-type': type, 'accept-ranges': 'bytes', ...aboutFile(size) };
  return headOf('200 OK', fields, connection);
}

/** The head of an answer without a body. */
function refusal(status: string, connection?: string, fields = {}): string {
  return headOf(status, { 'content-length': 0, 'content-type': 'text/plain', ...fields }, connection);
}

test('project:examples-servers.1 static-server answers several requests over one connection, also when they come at once', async () => {
  using served = files();
  await using server = await startServer('static-server.mjs', served.path);
  const client = new Talk(server.port);
  const missing = refusal('404 Not Found');
  const script: Array<[string, string]> = [
    ['GET /a.txt', `${head(5, 'text/plain')}alpha`],
    ['GET /a.txt?x=1', `${head(5, 'text/plain')}alpha`],
    ['HEAD /a.txt', head(5, 'text/plain')],
    ['GET /empty.css', head(0, 'text/css')],
    ['GET /a%20b.html', `${head(3, 'text/html')}<p>`],
    ['GET /sub/', `${head(5, 'text/html')}index`],
    ['GET /sub', missing],
    ['GET /', missing],
    ['GET /none', missing],
    ['HEAD /none', missing],
    ['GET /../secret.txt', missing],
    ['GET /sub/%2e%2e/%2e%2e/secret.txt', missing],
    ['GET /link.txt', missing],
    ['GET /%00', missing],
    ['GET /%zz', missing],
    ['POST /a.txt', refusal('405 Method Not Allowed', 'keep-alive', { allow: 'GET, HEAD' })],
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
  const last = `${head(5, 'text/plain', 'close')}alpha`;
  const script: Array<[string, string]> = [
    ['GET /a.txt HTTP/1.1\r\nConnection: close\r\n\r\n', last],
    ['GET /a.txt HTTP/1.0\r\n\r\n', last],
    ['GET /a.txt HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi', last],
    ['what is this\r\n\r\n', refusal('400 Bad Request', 'close')],
    [`GET /${'x'.repeat(16379)}`, refusal('431 Request Header Fields Too Large', 'close')],
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
  const expected = head(BIG.length, 'application/octet-stream');
  assert.is(await slow.ask('', expected), expected);
  assert.ok((await slow.take(BIG.length)).equals(BIG));
  slow.close();
  agent.destroy();
});

test('project:examples-servers.8 static-server answers a client that goes on sending what nobody wants', async () => {
  using served = files();
  await using server = await startServer('static-server.mjs', served.path);
  const refused = refusal('405 Method Not Allowed', 'close', { allow: 'GET, HEAD' });
  for (const [asked, expected] of [
    [`POST /a.txt HTTP/1.1\r\nContent-Length: ${BIG.length}\r\n\r\n`, refused],
    ['no request\r\n\r\n', refusal('400 Bad Request', 'close')],
  ] as const) {
    const client = new Talk(server.port);
    client.socket.write(asked);
    client.socket.end(BIG);
    assert.is(await client.rest(), expected);
    client.close();
  }
});

test('project:examples-servers.6 static-server sends the part that a Range asks for', async () => {
  using served = files();
  await using server = await startServer('static-server.mjs', served.path);
  const client = new Talk(server.port);
  const whole = `${head(5, 'text/plain')}alpha`;
  const part = (text: string, range: string): string => {
    const fields = { 'content-length': text.length, 'content-type': 'text/plain', 'accept-ranges': 'bytes' };
    return headOf('206 Partial Content', { ...fields, ...aboutFile(5), 'content-range': `bytes ${range}/5` }) + text;
  };
  const none = (size: number): string =>
    refusal('416 Range Not Satisfiable', 'keep-alive', { 'content-range': `bytes */${size}` });
  const script: Array<[fields: string, expected: string]> = [
    ['Range: bytes=0-0', part('a', '0-0')],
    ['Range: bytes=1-3', part('lph', '1-3')],
    ['RANGE:bytes=3-', part('ha', '3-4')],
    ['Range: bytes=3-100', part('ha', '3-4')],
    ['Range: bytes=-2', part('ha', '3-4')],
    ['Range: bytes=-100', part('alpha', '0-4')],
    ['Range: bytes=0-4', part('alpha', '0-4')],
    ['Range: bytes=5-', none(5)],
    ['Range: bytes=99999999999999999999-', none(5)],
    ['Range: bytes=-0', none(5)],
    ['Range: bytes=3-1', whole],
    ['Range: bytes=-', whole],
    ['Range: bytes=a-b', whole],
    ['Range: lines=0-1', whole],
    ['Range: bytes=0-0,2-2', whole],
    [`Range: bytes=0-0\r\nIf-Range: ${tagOf(5)}`, part('a', '0-0')],
    ['Range: bytes=0-0\r\nIf-Range: Mon, 01 Jan 2001 00:00:00 GMT', part('a', '0-0')],
    ['Range: bytes=0-0\r\nIf-Range: "another"', whole],
    [`Range: bytes=0-0\r\nIf-Range: W/${tagOf(5)}`, whole],
    ['Range: bytes=0-0\r\nIf-Range: Tue, 02 Jan 2001 00:00:00 GMT', whole],
    ['Range: bytes=9-\r\nIf-Range: "another"', whole],
    [`If-None-Match: "x", ${tagOf(5)}`, headOf('304 Not Modified', aboutFile(5))],
    ['If-None-Match: "x"', whole],
    ['If-Modified-Since: Mon, 01 Jan 2001 00:00:00 GMT', headOf('304 Not Modified', aboutFile(5))],
    ['If-Modified-Since: Sun, 31 Dec 2000 00:00:00 GMT', whole],
    ['If-Modified-Since: never', whole],
  ];
  for (const [fields, expected] of script) {
    const asked = `GET /a.txt HTTP/1.1\r\nHost: here\r\n${fields}\r\n\r\n`;
    assert.is(await client.ask(asked, expected), expected, fields);
  }
  const range = 'HTTP/1.1\r\nRange: bytes=0-0\r\n\r\n';
  assert.is(await client.ask(`HEAD /a.txt ${range}`, head(5, 'text/plain')), head(5, 'text/plain'));
  assert.is(await client.ask(`GET /empty.css ${range}`, none(0)), none(0));
  client.socket.write('GET /big.bin HTTP/1.1\r\nRange: bytes=5000000-14999999\r\nConnection: close\r\n\r\n');
  const answer = Buffer.from(await client.rest(), 'latin1');
  assert.ok(answer.subarray(-10_000_000).equals(BIG.subarray(5_000_000, 15_000_000)));
  assert.match(
    answer.toString('latin1', 0, 500),
    /^HTTP\/1\.1 206 .*content-range: bytes 5000000-14999999\/20000000\r\n/s,
  );
});

test('project:examples-servers.7 static-server takes whole addresses as targets, and nothing leads out of its folder', async () => {
  using served = files();
  await using server = await startServer('static-server.mjs', served.path);
  const client = new Talk(server.port);
  const script: Array<[target: string, expected: string]> = [
    ['http://here/a.txt', `${head(5, 'text/plain')}alpha`],
    ['HTTP://here:80/a%2etxt?x=http://y/', `${head(5, 'text/plain')}alpha`],
    ['https://user@here/sub/', `${head(5, 'text/html')}index`],
    ['http://here', refusal('404 Not Found')],
    ['http://here?x', refusal('404 Not Found')],
    ['http://here/../secret.txt', refusal('404 Not Found')],
    ['http://here/%2e%2e%2fsecret.txt', refusal('404 Not Found')],
    ['/..%2fsecret.txt', refusal('404 Not Found')],
    ['//..//secret.txt', refusal('404 Not Found')],
    ['/sub/..%5c..%5csecret.txt', refusal('404 Not Found')],
    ['/sub/../a.txt', `${head(5, 'text/plain')}alpha`],
    ['http:///a.txt', refusal('400 Bad Request', 'close')],
  ];
  for (const [target, expected] of script) {
    assert.is(await client.ask(`GET ${target} HTTP/1.1\r\nHost: other\r\n\r\n`, expected), expected, target);
  }
  client.close();
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
    assert.is(curl('-I', `${url}/a.txt`), head(5, 'text/plain'));
    assert.is(curl('-r', '1-2', `${url}/a.txt`), 'lp');
    assert.is(curl('-x', url, 'http://elsewhere.invalid/a.txt'), 'alpha');
    assert.is(curl('-C', '3', `${url}/a.txt`), 'ha');
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

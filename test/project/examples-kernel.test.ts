import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once as onceEmitted } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { untilPolled, POLLIN } from '../support/descriptors.js';
import { EXAMPLES, startExample } from '../support/example.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('examples-kernel');
const isLinux = process.platform === 'linux';
const onLinux = test.unless(isLinux ? undefined : `${process.platform} has other interfaces`);

function works(command: string, ...args: string[]): boolean {
  return spawnSync(command, args).status === 0;
}

/** A network of its own, and processes that end with it, for `command`, with its loopback interface up. */
function inNetwork(...command: string[]): string[] {
  return ['-rnp', '--fork', '--kill-child', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', ...command];
}

const canSeparate = isLinux && works('unshare', ...inNetwork('true'));
const inNamespace = onLinux.unless(canSeparate ? undefined : 'unshare(2) or ip(8) is not there, or not allowed');

/** The lines that a child prints, one after the other. */
function lines(child: ChildProcess): AsyncIterator<string> {
  return createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
}

async function line(of: AsyncIterator<string>): Promise<string> {
  return (await of.next()).value as string;
}

function inNamespaceRun(scope: Scope, script: string): ChildProcess {
  const child = spawn('unshare', inNetwork('sh', '-c', script), { stdio: ['ignore', 'pipe', 'inherit'] });
  scope.atEnd(() => child.kill('SIGKILL'));
  return child;
}

const NODE = process.execPath;

function lackOfTun(): string | undefined {
  if (!canSeparate) return 'unshare(2) or ip(8) is not there, or not allowed';
  const { stderr, status } = spawnSync('unshare', inNetwork(NODE, join(EXAMPLES, 'tun-ping.mjs'), '--try'), {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return status === 0 || !/ENOENT|EPERM|EACCES|ENODEV|ENXIO/.test(stderr)
    ? undefined
    : 'there is no /dev/net/tun, or not for us';
}

onLinux.unless(lackOfTun())('project:examples-kernel.1 tun-ping answers pings to every address of its network', () => {
  const { stdout, stderr, status } = spawnSync('unshare', inNetwork(NODE, join(EXAMPLES, 'tun-ping.mjs'), '--try'), {
    encoding: 'utf8',
    timeout: 60_000,
  });
  const replies = [1, 2, 3].map((number) => `14 bytes from 10.77.0.5, number ${number}\n`).join('');
  assert.match(stdout, new RegExp(`^10\\.77\\.0\\.0/24 is on tun\\d+\n${replies}$`), stderr);
  assert.is(status, 0);
});

inNamespace(
  'project:examples-kernel.2 watch-links says which addresses come and go, and which links go up and down',
  scoped(async (scope) => {
    const script = `${NODE} ${join(EXAMPLES, 'watch-links.mjs')} & read go <&3; ip addr add 127.9.8.7/32 dev lo; ip addr del 127.9.8.7/32 dev lo; ip link set lo down; wait`;
    const child = spawn('unshare', inNetwork('sh', '-c', script), { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
    scope.atEnd(() => child.kill('SIGKILL'));
    const printed = lines(child);
    let first = await line(printed);
    while (first !== 'watching') first = await line(printed);
    (child.stdio[3] as NodeJS.WritableStream).write('go\n');
    const seen: string[] = [];
    while (!seen.some((text) => / lo down$/.test(text))) seen.push(await line(printed));
    assert.ok(seen.includes('+ address 1 127.9.8.7/32'), seen.join('\n'));
    assert.ok(seen.includes('- address 1 127.9.8.7/32'), seen.join('\n'));
    assert.ok(seen.includes('+ link 1 lo down'), seen.join('\n'));
    child.kill('SIGKILL');
  }),
);

inNamespace(
  'project:examples-kernel.3 capture-packets shows the datagrams of one port, and no others',
  scoped(async (scope) => {
    const sender = `python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for text, port in ((b'no', 9998), (b'hello', 9999), (b'no', 9997), (b'bye', 9999)): s.sendto(text, ('127.0.0.1', port))"`;
    const script = `${NODE} ${join(EXAMPLES, 'capture-packets.mjs')} lo 9999 & read go <&3; ${sender}; wait`;
    const child = spawn('unshare', inNetwork('sh', '-c', script), { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
    scope.atEnd(() => child.kill('SIGKILL'));
    const printed = lines(child);
    assert.is(await line(printed), 'capturing on lo');
    (child.stdio[3] as NodeJS.WritableStream).write('go\n');
    assert.match(await line(printed), /^in 127\.0\.0\.1:\d+ > 127\.0\.0\.1:9999 5 bytes$/);
    assert.match(await line(printed), /^in 127\.0\.0\.1:\d+ > 127\.0\.0\.1:9999 3 bytes$/);
  }),
);

function visit(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    connect(port, '127.0.0.1')
      .on('data', (chunk) => (text += String(chunk)))
      .on('end', () => resolve(text))
      .on('error', reject);
  });
}

test('project:examples-kernel.4 pass-listener hands its listener on, and connections that wait are served', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-'));
  try {
    const path = join(folder, 'door');
    await using giver = startExample('pass-listener.mjs', '--give', path);
    const port = Number((await giver.line()).replace('listening on 127.0.0.1:', ''));
    const early = visit(port);
    await using taker = startExample('pass-listener.mjs', '--take', path);
    assert.is(await taker.line(), `serving on 127.0.0.1:${port}`);
    assert.is(await giver.line(), `given to process ${taker.child.pid}`);
    assert.equal(await giver.ended, [0, null]);
    assert.is(await early, `served by process ${taker.child.pid}\n`);
    assert.is(await visit(port), `served by process ${taker.child.pid}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

const withPython = test.unless(
  works('python3', '-c', 'import socket; socket.send_fds') ? undefined : 'there is no python3 with socket.send_fds',
);

withPython('project:examples-kernel.5 pass-listener gives to Python and takes from Python', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-'));
  const path = join(folder, 'door');
  try {
    await using giver = startExample('pass-listener.mjs', '--give', path);
    const port = Number((await giver.line()).replace('listening on 127.0.0.1:', ''));
    const take = `
import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
_, fds, _, _ = socket.recv_fds(s, 64, 1)
l = socket.socket(fileno=fds[0]); l.setblocking(True)
c, _ = l.accept(); c.sendall(b"served by python"); c.close()`;
    const exited = onceEmitted(spawn('python3', ['-c', take, path], { stdio: 'inherit' }), 'exit');
    assert.is(await visit(port), 'served by python');
    assert.equal(await exited, [0, null]);
    assert.equal(await giver.ended, [0, null]);
    const give = `
import socket, sys
l = socket.create_server(("127.0.0.1", 0))
d = socket.socket(socket.AF_UNIX); d.bind(sys.argv[1]); d.listen()
print(l.getsockname()[1], flush=True)
c, _ = d.accept(); socket.send_fds(c, [b"listener"], [l.fileno()])`;
    const pythonGiver = spawn('python3', ['-c', give, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pythonPort = Number(await line(lines(pythonGiver)));
    await using node = startExample('pass-listener.mjs', '--take', path);
    assert.is(await node.line(), `serving on 127.0.0.1:${pythonPort}`);
    assert.is(await visit(pythonPort), `served by process ${node.child.pid}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function datagramServer(scope: Scope): { fd: number; path: string } {
  const path = join(scope.directory(), 'socket');
  const fd = scope.own(sys.socket('unix', 'dgram'));
  sys.bind(fd, { path });
  return { fd, path };
}

function heard(fd: number): string {
  untilPolled(fd, POLLIN);
  const buffer = Buffer.alloc(4096);
  return buffer.toString('utf8', 0, sys.recv(fd, buffer));
}

function runExample(name: string, ...args: string[]): string {
  return execFileSync(NODE, [join(EXAMPLES, name), ...args], { encoding: 'utf8' });
}

test(
  'project:examples-kernel.6 syslog writes a line of RFC 3164',
  scoped((scope) => {
    const { fd, path } = datagramServer(scope);
    runExample('syslog.mjs', '--socket', path, 'the boat has left', 'it is back');
    assert.match(heard(fd), /^<13>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d pollux\[\d+\]: the boat has left$/);
    assert.match(heard(fd), /: it is back$/);
  }),
);

test(
  'project:examples-kernel.7 statsd sends metrics in one datagram, and counts what nobody takes',
  scoped((scope) => {
    const { fd, path } = datagramServer(scope);
    assert.is(runExample('statsd.mjs', path, 'hits:1|c', 'login:32|ms'), '2 sent, 0 dropped\n');
    assert.is(heard(fd), 'hits:1|c\nlogin:32|ms');
    assert.is(runExample('statsd.mjs', `${path}.gone`, 'hits:1|c'), '0 sent, 1 dropped\n');
  }),
);

onLinux(
  'project:examples-kernel.8 systemd-notify says that it is ready, alive and stopping, with its credentials',
  scoped(async (scope) => {
    const name = `\0pollux-notify-${process.pid}`;
    const fd = scope.own(sys.socket('unix', 'dgram'));
    sys.bind(fd, { path: name });
    sys.setOption(fd, 'passCredentials', true);
    const env = { ...process.env, NOTIFY_SOCKET: name.replace('\0', '@'), WATCHDOG_USEC: '20000' };
    const child = spawn(NODE, [join(EXAMPLES, 'systemd-notify.mjs')], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    scope.atEnd(() => child.kill('SIGKILL'));
    assert.is(await line(lines(child)), 'ready');
    const buffer = Buffer.alloc(256);
    const next = (): string => {
      untilPolled(fd, POLLIN);
      const message = sys.receiveMessage(fd, [buffer]) as sys.ReceivedMessage;
      assert.is(message.control.credentials!.pid, child.pid);
      return buffer.toString('utf8', 0, message.length);
    };
    assert.is(next(), `READY=1\nSTATUS=serving\nMAINPID=${child.pid}`);
    assert.is(next(), 'WATCHDOG=1');
    child.kill('SIGTERM');
    let last = next();
    while (last === 'WATCHDOG=1') last = next();
    assert.is(last, 'STOPPING=1');
    assert.equal(await onceEmitted(child, 'exit'), [0, null]);
  }),
);

inNamespace(
  'project:examples-kernel.9 mdns-query hears the answer of a responder on the interface',
  scoped(async (scope) => {
    const responder = `python3 -c "
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
s.bind(('', 5353))
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton('224.0.0.251') + socket.inet_aton('127.0.0.1'))
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton('127.0.0.1'))
print('up', flush=True)
q = s.recv(9000)
name = q[12:-4]; target = bytes([7]) + b'printer' + b'\\xc0\\x0c'
s.sendto(b'\\0\\0\\x84\\0\\0\\1\\0\\1\\0\\0\\0\\0' + q[12:] + b'\\xc0\\x0c\\0\\x0c\\0\\1\\0\\0\\0\\x78' + struct.pack('>H', len(target)) + target, ('224.0.0.251', 5353))"`;
    const script = `ip route add 224.0.0.0/4 dev lo; ${responder} & read go <&3; MDNS_WAIT_MS=30000 exec ${NODE} ${join(EXAMPLES, 'mdns-query.mjs')} _ipp._tcp.local lo`;
    const child = spawn('unshare', inNetwork('sh', '-c', script), { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
    scope.atEnd(() => child.kill('SIGKILL'));
    const printed = lines(child);
    assert.is(await line(printed), 'up');
    (child.stdio[3] as NodeJS.WritableStream).write('go\n');
    assert.is(await line(printed), 'asked for _ipp._tcp.local');
    assert.match(await line(printed), /^printer\._ipp\._tcp\.local at 127\.0\.0\.1, interface 1$/);
  }),
);

test('project:examples-kernel.10 bulk-udp moves its bytes whole, with segments of the kernel and without', () => {
  for (const POLLUX_UDP_SEGMENTS of ['on', 'off']) {
    const env = { ...process.env, POLLUX_UDP_SEGMENTS };
    const printed = execFileSync(NODE, [join(EXAMPLES, 'bulk-udp.mjs'), '3'], { env, encoding: 'utf8' });
    assert.match(printed, /^3000000 bytes arrived: \d+ MB\/s\n[\d.]+ datagrams in a call\n$/);
  }
});

for (const [name, ...args] of [
  ['capture-packets.mjs'],
  ['can-bus.mjs'],
  ['gpio-line.mjs'],
  ['evdev-keys.mjs'],
  ['mdns-query.mjs'],
  ['syslog.mjs'],
  ['statsd.mjs'],
  ['pass-listener.mjs'],
] as const) {
  test(`project:examples-kernel.11 ${name} without arguments says what it needs`, () => {
    const { status, stderr } = spawnSync(NODE, [join(EXAMPLES, name), ...args], { encoding: 'utf8' });
    assert.equal([status, stderr.startsWith(`usage: node examples/${name}`)], [2, true], stderr);
  });
}

function lackOfVsock(): string | undefined {
  try {
    sys.close(sys.socket({ domain: 40, type: 1 }));
    return undefined;
  } catch (error) {
    assert.match((error as { code: string }).code, /^(EAFNOSUPPORT|EACCES|EPERM|ENODEV)$/);
    return 'the kernel has no sockets of vsock';
  }
}

onLinux.unless(lackOfVsock())(
  'project:examples-kernel.13 vsock-talk prints the line that another one sends, or the other one names the error of its connection',
  scoped(async (scope) => {
    const { child, port } = await startVsock(scope);
    const sender = spawnSync(NODE, [join(EXAMPLES, 'vsock-talk.mjs'), '1', port, 'good morning'], { encoding: 'utf8' });
    // Without a loopback nobody can be reached but the host.
    if (sender.status !== 0) assert.match(sender.stderr, /^no connection: E[A-Z]+\n$/);
    else assert.match(await line(child), /^1:\d+ says good morning$/);
  }),
);

async function startVsock(scope: Scope): Promise<{ child: AsyncIterator<string>; port: string }> {
  const child = spawn(NODE, [join(EXAMPLES, 'vsock-talk.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
  scope.atEnd(() => child.kill('SIGKILL'));
  const printed = lines(child);
  const [, port] = /^listening on port (\d+)$/.exec(await line(printed))!;
  return { child: printed, port: port! };
}

function lackOfCan(): string | undefined {
  if (!canSeparate) return 'unshare(2) or ip(8) is not there, or not allowed';
  return works('unshare', ...inNetwork('ip', 'link', 'add', 'vcan0', 'type', 'vcan'))
    ? undefined
    : 'the kernel has no vcan';
}

onLinux.unless(lackOfCan())(
  'project:examples-kernel.12 can-bus hears what another one sends',
  scoped(async (scope) => {
    const can = join(EXAMPLES, 'can-bus.mjs');
    const script = `ip link add vcan0 type vcan && ip link set vcan0 up && ${NODE} ${can} vcan0 & sleep 1; ${NODE} ${can} vcan0 123#DEADBEEF; wait`;
    const printed = lines(inNamespaceRun(scope, script));
    assert.is(await line(printed), 'listening on vcan0');
    assert.is(await line(printed), '123#DEADBEEF');
  }),
);

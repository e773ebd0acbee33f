import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync } from 'node:fs';
import { connect as netConnect, type Socket } from 'node:net';
import { join } from 'node:path';
import { FdStream, listen, type Listener, type ListenOptions } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { thrownBy } from '../support/expect.js';
import { EXAMPLES } from '../support/example.js';
import { addressOf } from '../support/kit.js';
import { onBothWaiters } from '../support/reactor.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/streams.js';
import { suite } from '../support/suite.js';

const test = suite('net: listen on what exists, and its limits');
const HOST = '127.0.0.1';

/** A socket that is bound to a free port, and listens if told so. */
function bound(scope: Scope, isListening: boolean): number {
  const fd = scope.own(sys.socket('ipv4'));
  sys.bind(fd, { host: HOST, port: 0 });
  if (isListening) sys.listen(fd);
  return fd;
}

async function client(scope: Scope, listener: Listener): Promise<Socket> {
  const socket = netConnect(listener.address as { host: string; port: number });
  scope.atEnd(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

for (const isListening of [true, false]) {
  onBothWaiters(
    test,
    `net:existing.${isListening ? 1 : 2} listen({ fd }) takes over a socket that ${isListening ? 'listens' : 'is bound'}`,
    async (scope, open) => {
      const fd = bound(scope, isListening);
      sys.setNonBlocking(fd, false);
      const fds: number[] = [];
      const listener = listen({ fd, reactor: open() }, (connection) => fds.push(scope.own(connection)));
      scope.disown(fd);
      assert.equal([listener.fd, listener.address], [fd, { family: 'ipv4', ...addressOf(fd) }]);
      assert.is(sys.isNonBlocking(fd), true);
      await client(scope, listener);
      await until(() => fds.length === 1);
      listener.close();
      assert.is(thrownBy(() => sys.isNonBlocking(fd)).code, 'EBADF');
    },
  );
}

test(
  'net:existing.3 close() of a listener of listen({ fd }) leaves the file of the unix socket',
  scoped((scope) => {
    const fd = scope.own(sys.socket('unix'));
    const path = join(scope.directory(), 'socket');
    sys.bind(fd, { path });
    const listener = listen({ fd }, () => {});
    scope.disown(fd);
    listener.close();
    assert.is(existsSync(path), true);
  }),
);

test(
  'net:existing.4 a descriptor that cannot listen is refused, and stays open',
  scoped((scope) => {
    const [a] = sys.socketPair().map((end) => scope.own(end));
    const udp = scope.own(sys.socket('ipv4', 'dgram'));
    const [pipe] = sys.pipe().map((end) => scope.own(end));
    for (const [fd, codes] of [
      [a!, ['EINVAL', 'EOPNOTSUPP', 'ENOTSUP']],
      [udp, ['EOPNOTSUPP', 'ENOTSUP']],
      [pipe!, ['ENOTSOCK']],
      [2 ** 20, ['EBADF']],
    ] as const) {
      const { code } = thrownBy(() => listen({ fd }, () => {}));
      assert.ok((codes as readonly (string | undefined)[]).includes(code), `${code} is one of ${codes}`);
      if (fd !== 2 ** 20) sys.isNonBlocking(fd);
    }
  }),
);

test(
  'net:existing.5 options that do not go together are refused by name',
  scoped((scope) => {
    const fd = bound(scope, true);
    const refused = (options: object, name: string): void => {
      const { code, message } = thrownBy(() => listen(options as ListenOptions, () => {}));
      assert.is(code, 'ERR_INVALID_ARG_VALUE');
      assert.match(message, `"options.${name}"`);
    };
    refused({ fd, port: 0 }, 'port');
    refused({ fd, path: 'x' }, 'path');
    refused({ fd, host: HOST }, 'host');
    refused({ fd, reusePort: true }, 'reusePort');
    refused({ path: 'x', ipv6Only: true }, 'ipv6Only');
    refused({ host: HOST, port: 0, ipv6Only: true }, 'ipv6Only');
    for (const maxConnections of [0, -1, 1.5, NaN]) {
      assert.is(thrownBy(() => listen({ port: 0, maxConnections }, () => {})).code, 'ERR_OUT_OF_RANGE');
    }
    assert.is(thrownBy(() => listen({ fd: 'x' as never }, () => {})).code, 'ERR_INVALID_ARG_TYPE');
  }),
);

onBothWaiters(test, 'net:existing.6 listen({ host: name }) binds an address of the name', async (scope, open) => {
  const fds: number[] = [];
  const options = { host: 'localhost', port: 0, reactor: open() };
  const listener = listen(options, (connection) => fds.push(scope.own(connection)));
  scope.atEnd(() => listener.close());
  assert.ok([HOST, '::1'].includes(listener.address.host), listener.address.host);
  await client(scope, listener);
  await until(() => fds.length === 1);
});

test('net:existing.7 listen() on a name without an address throws ENOTFOUND, and leaves no descriptor open', () => {
  const { code, message } = thrownBy(() => listen({ host: 'no-such-name.invalid', port: 0 }, () => {}));
  assert.is(code, 'ENOTFOUND');
  assert.match(message, /^ENOTFOUND: .*, getaddrinfo no-such-name\.invalid$/);
});

const LACKS_IPV6 = ((): string | undefined => {
  try {
    listen({ host: '::1', port: 0 }, () => {}).close();
    return undefined;
  } catch (error) {
    return `the kernel has no ipv6 (${(error as Error).message})`;
  }
})();

test.unless(LACKS_IPV6)(
  'net:existing.8 ipv6Only serves ipv6 alone, so that the port is free for ipv4',
  scoped((scope) => {
    const six = listen({ port: 0, ipv6Only: true }, () => {});
    scope.atEnd(() => six.close());
    assert.is(six.address.host, '::');
    assert.is(sys.getOption(six.fd, 'ipv6Only'), true);
    const four = listen({ host: '0.0.0.0', port: six.address.port }, () => {});
    four.close();
  }),
);

onBothWaiters(
  test,
  'net:existing.9 beyond maxConnections a connection is closed at once, until one that was handed out is closed',
  async (scope, open) => {
    const fds: number[] = [];
    const dropped: unknown[] = [];
    const listener = listen(
      {
        host: HOST,
        port: 0,
        reactor: open(),
        maxConnections: 2,
        onDrop: (address) => dropped.push((address as sys.InternetAddress).host),
      },
      (connection) => fds.push(connection),
    );
    scope.atEnd(() => listener.close());
    for (let count = 1; count <= 2; count++) {
      await client(scope, listener);
      await until(() => fds.length === count);
    }
    const third = await client(scope, listener);
    third.resume().on('error', () => {});
    await once(third, 'close');
    assert.equal([fds.length, dropped], [2, [HOST]]);
    sys.close(fds[0]!);
    await client(scope, listener);
    await until(() => fds.length === 3);
    const stream = new FdStream(fds[1]!);
    stream.destroy();
    await once(stream, 'close');
    await client(scope, listener);
    await until(() => fds.length === 4);
    assert.is(dropped.length, 1);
    for (const fd of fds.slice(2)) sys.close(fd);
  },
);

test(
  'net:existing.10 a connection that was closed without sys.close() no longer counts towards maxConnections once its number is reused',
  scoped(async (scope) => {
    const fds: number[] = [];
    const listener = listen({ host: HOST, port: 0, maxConnections: 1 }, (connection) => fds.push(connection));
    scope.atEnd(() => listener.close());
    await client(scope, listener);
    await until(() => fds.length === 1);
    const other = scope.own(sys.dup(fds[0]!));
    // Another part of the process uses a number that a connection had: node:fs closes it, and the kernel gives it to a
    // new file.
    closeSync(fds[0]!);
    assert.is(scope.own(sys.dup(other)), fds[0]);
    await client(scope, listener);
    await until(() => fds.length === 2);
    sys.close(fds[1]!);
  }),
);

/** Calls of the package that return a new descriptor. */
const WAYS_TO_A_NUMBER: Readonly<Record<string, (scope: Scope) => number>> = {
  'listen()': (scope) => {
    const listener = listen({ host: HOST, port: 0 }, () => {});
    scope.atEnd(() => listener.close());
    return listener.fd;
  },
  'openPty()': (scope) => scope.own(sys.openPty().fd),
  'inotifyInit()': (scope) => scope.own(sys.inotifyInit()),
};

for (const [name, open] of Object.entries(WAYS_TO_A_NUMBER)) {
  test.unless(name === 'inotifyInit()' && process.platform !== 'linux' ? 'inotify(7) is of Linux' : undefined)(
    `net:existing.12 a connection whose number was closed elsewhere no longer counts towards maxConnections once ${name} returns that number`,
    scoped(async (scope) => {
      const fds: number[] = [];
      const listener = listen({ host: HOST, port: 0, maxConnections: 1 }, (connection) => fds.push(connection));
      scope.atEnd(() => listener.close());
      await client(scope, listener);
      await until(() => fds.length === 1);
      closeSync(fds[0]!);
      assert.is(open(scope), fds[0]);
      await client(scope, listener);
      await until(() => fds.length === 2);
      sys.close(fds[1]!);
    }),
  );
}

test(
  'net:existing.11 the example of socket activation serves a socket that was passed to it',
  scoped(async (scope) => {
    const fd = bound(scope, true);
    const script = `export LISTEN_FDS=1 LISTEN_PID=$$; exec "$0" "$1" 300000`;
    const child = spawn('sh', ['-c', script, process.execPath, join(EXAMPLES, 'socket-activation.mjs')], {
      stdio: ['ignore', 'pipe', 'inherit', fd],
    });
    scope.atEnd(() => child.kill('SIGKILL'));
    const [line] = (await once(child.stdout!.setEncoding('utf8'), 'data')) as [string];
    const { host, port } = addressOf(fd);
    assert.is(line, `listening on ${host}:${port}\n`);
    const socket = netConnect({ host, port });
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    await once(socket, 'close');
    assert.is(text, 'hello, you are number 1\n');
  }),
);

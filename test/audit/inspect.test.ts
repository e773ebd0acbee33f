import { inspect } from 'node:util';
import { attachPoller, createPoller, EDGE, FdStream, ONESHOT, READABLE, Reactor, share, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { BACKEND } from '../support/facts.js';
import { pair, send } from '../support/reactor.js';
import { type Scope, scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

function pipe(scope: Scope): [reader: number, writer: number] {
  const [reader, writer] = sys.pipe();
  return [scope.own(reader), scope.own(writer)];
}

const test = suite('audit: inspect');
const ofEpoll = test.unless(BACKEND === 'epoll' ? undefined : 'the kernel does not show what a kqueue watches');

test(
  'audit:inspect.1 inspect() shows descriptor, kind, interest, mode, armed and data of each registration',
  scoped((scope) => {
    const poller = scope.poller<string>();
    const [reader, writer] = pipe(scope);
    const [a, b] = pair(scope);
    poller.add(reader, READABLE, 'level');
    poller.add(a, READABLE | WRITABLE | ONESHOT, 'oneshot');
    poller.add(b, 0);
    if (poller.capabilities.edge) poller.add(writer, WRITABLE | EDGE);
    poller.wait(0);
    const rows = poller.inspect().registrations.map(({ fd, kind, interest, mode, armed, data }) => {
      return [fd, kind, interest, mode, armed, data];
    });
    const expected = [
      [reader, 'pipe', 'READABLE', 'level', true, 'level'],
      [writer, 'pipe', 'WRITABLE', 'edge', true, undefined],
      [a, 'unix socket', 'READABLE|WRITABLE', 'oneshot', false, 'oneshot'],
      [b, 'unix socket', '0', 'level', false, undefined],
    ];
    assert.equal(
      rows,
      expected.sort((one, other) => (one[0] as number) - (other[0] as number)),
    );
  }),
);

test(
  'audit:inspect.2 the kind of a socket says its addresses, and that of a file its path',
  scoped((scope) => {
    const poller = scope.poller();
    const kindOf = (fd: number): string => {
      poller.add(fd, READABLE);
      const { kind } = poller.inspect().registrations[0]!;
      poller.remove(fd);
      return kind;
    };
    const listener = scope.own(sys.socket('ipv4'));
    sys.bind(listener, { host: '127.0.0.1', port: 0 });
    sys.listen(listener);
    const at = sys.localAddress(listener) as { host: string; port: number };
    const client = scope.own(sys.socket('ipv4'));
    sys.connect(client, at);
    const own = sys.localAddress(client) as { port: number };
    const path = `${scope.directory()}/socket`;
    const named = scope.own(sys.socket('unix'));
    sys.bind(named, { path });
    const datagrams = scope.own(sys.socket('ipv4', 'dgram'));
    sys.bind(datagrams, { host: '127.0.0.1', port: 0 });
    assert.is(kindOf(listener), `TCP listener 127.0.0.1:${at.port}`);
    assert.is(kindOf(client), `TCP 127.0.0.1:${own.port} → 127.0.0.1:${at.port}`);
    assert.is(kindOf(named), `unix socket ${path}`);
    assert.match(kindOf(datagrams), /^UDP 127\.0\.0\.1:\d+$/);
    const pty = sys.openPty();
    scope.own(pty.fd);
    assert.match(kindOf(pty.fd), /pty|terminal|device/);
    if (process.platform === 'linux') assert.is(kindOf(scope.own(sys.open(pty.path, 'r+'))), `pty ${pty.path}`);
  }),
);

ofEpoll(
  "audit:inspect.3 inspect() shows the kernel's list, and no difference where it agrees",
  scoped((scope) => {
    const poller = scope.poller();
    const [reader] = pipe(scope);
    const [a] = pair(scope);
    poller.add(reader, READABLE | EDGE);
    poller.add(a, 0);
    const { kernel, differences } = poller.inspect();
    assert.equal(
      kernel!.map(({ fd, watched }) => [fd, watched]),
      [
        [reader, 'READABLE|READ_CLOSED|EDGE'],
        [a, '0'],
      ],
    );
    assert.equal(differences, []);
  }),
);

ofEpoll(
  'audit:inspect.4 inspect() says where a registration was closed, and where a duplicate keeps its entry',
  scoped((scope) => {
    const poller = scope.poller();
    const [a, b] = [...pair(scope)];
    poller.add(a, READABLE);
    poller.add(b, READABLE);
    scope.own(sys.dup(b));
    scope.close(a);
    scope.close(b);
    const { differences, registrations } = poller.inspect();
    assert.equal(differences, [
      `fd ${a} is registered here, and was closed: the kernel has no entry of it`,
      `fd ${b} is registered here, and was closed while a duplicate keeps its entry in the kernel`,
    ]);
    assert.equal(
      registrations.map(({ kind }) => kind),
      ['closed', 'closed'],
    );
  }),
);

test(
  'audit:inspect.5 events, age and the stack are counted under audit only',
  scoped((scope) => {
    const [a, b] = pair(scope);
    send(b, 'x');
    const shown = [false, true].map((audit) => {
      const poller = createPoller({ audit });
      poller.add(a, READABLE);
      for (let count = 0; count < 3; count++) poller.wait(1000);
      const { audited, registrations } = poller.inspect();
      poller.remove(a);
      poller.close();
      return { audited, ...registrations[0]! };
    });
    assert.is(shown[0]!.audited, false);
    assert.not('events' in shown[0]!);
    assert.is(shown[1]!.audited, true);
    assert.is(shown[1]!.events, 3);
    assert.is(shown[1]!.lastEvent!.readiness, 'READABLE');
    assert.ok(shown[1]!.ageMs! >= shown[1]!.lastEvent!.agoMs);
    assert.match(shown[1]!.registeredAt![0]!, /inspect\.test/);
  }),
);

test(
  'audit:inspect.6 inspect() of a view shows the interest that another view has set',
  scoped((scope) => {
    const poller = scope.poller();
    const view = attachPoller(share(poller));
    scope.atEnd(() => view.close());
    const [a] = pair(scope);
    poller.add(a, READABLE, 'of the other view');
    const [row] = view.inspect().registrations;
    assert.equal([row!.fd, row!.interest, row!.data], [a, 'READABLE', undefined]);
  }),
);

test(
  'audit:inspect.7 inspect() of a closed poller shows no registrations',
  scoped((scope) => {
    const poller = scope.poller();
    poller.close();
    const { closed, fd, registrations, kernel } = poller.inspect();
    assert.equal([closed, fd, registrations, kernel], [true, -1, [], undefined]);
  }),
);

test(
  'audit:inspect.8 util.inspect() of a poller, a batch, a reactor, a watch and a stream says what they wait for',
  scoped((scope) => {
    const poller = scope.poller();
    const [a, b] = pair(scope);
    const [c] = pair(scope);
    poller.add(a, READABLE);
    send(b, 'x');
    assert.match(inspect(poller), new RegExp(`^Poller {[^]*fd ${a} \\(unix socket\\) READABLE level, armed`));
    assert.match(inspect(poller.wait(1000)), new RegExp(`^Batch {[^]*fd ${a} READABLE`));
    const reactor = new Reactor();
    scope.atEnd(() => reactor.close());
    const watch = reactor.watch(b, READABLE, function onData() {});
    const stream = new FdStream(c, { reactor, ownsFd: false });
    assert.match(inspect(reactor), new RegExp(`^Reactor {[^]*fd ${b} \\(unix socket\\) READABLE → onData\\(\\)`));
    assert.match(inspect(watch), /^Watch {[^]*kind: 'unix socket'[^]*interest: 'READABLE'[^]*onData/);
    assert.match(inspect(stream), new RegExp(`^FdStream {[^]*fd: ${c},[^]*state: 'open'`));
    stream.destroy();
    assert.match(inspect([[[poller]]]), /\[Poller\]/);
  }),
);

test(
  'audit:inspect.9 watches() returns the open watches of a reactor',
  scoped((scope) => {
    const reactor = new Reactor();
    scope.atEnd(() => reactor.close());
    const [a, b] = pair(scope);
    const [first, second] = [a, b].map((fd) => reactor.watch(fd, READABLE, () => {}));
    assert.equal(
      reactor.watches().map(({ fd }) => fd),
      [a, b],
    );
    first!.close();
    assert.is(reactor.watches()[0], second);
    reactor.close();
    assert.equal(reactor.watches(), []);
  }),
);

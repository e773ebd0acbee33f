import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { READABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { descriptors } from '../support/descriptors.js';
import { HOST, accepting, portOf } from '../support/listening.js';
import { openDescriptors } from '../support/process.js';
import { onBothWaiters, rejection } from '../support/reactor.js';
import { suite } from '../support/suite.js';

const test = suite('net: listeners whose descriptor was closed elsewhere');

onBothWaiters(
  test,
  'net:listen.19 when the descriptor of a listener was closed elsewhere, the reactor closes everything else',
  async (scope, open) => {
    const path = join(scope.directory(), 'socket');
    const reactor = open();
    const { listener } = accepting(scope, { path, reactor });
    const waiting = rejection(reactor.once(scope.own(sys.socketPair()[0]), READABLE));
    sys.close(listener.fd);
    reactor.close();
    assert.equal([reactor.closed, reactor.poller.closed, listener.closed, existsSync(path)], [true, true, true, false]);
    assert.is((await waiting).code, 'ERR_POLLER_CLOSED');
  },
);

onBothWaiters(
  test,
  'net:listen.20 a number that was closed elsewhere and used again is closed neither by close() nor by the reactor',
  (scope, open) => {
    const strangers = [() => sys.socketPair()[0], () => sys.socket('ipv4'), () => sys.pipe()[0]];
    for (const stranger of strangers) {
      for (const end of ['listener', 'reactor', 'reactor of a given poller'] as const) {
        const reactor = open(end === 'reactor of a given poller' ? { poller: scope.poller() } : {});
        const { listener } = accepting(scope, { host: HOST, port: 0, reactor });
        // The number is closed and reused in one step, because a thread of the host may take a free number.
        const fd = scope.own(listener.fd);
        const other = stranger();
        descriptors.dup2(other, fd);
        sys.close(other);
        if (end === 'listener') listener.close();
        else reactor.close();
        assert.equal([end, listener.closed, openDescriptors().includes(fd)], [end, true, true]);
        scope.close(fd);
      }
    }
  },
);

onBothWaiters(
  test,
  'net:listen.26 a listener that was closed elsewhere does not close the next one on its port and number',
  (scope, open) => {
    const [reactor, other] = [open(), open()];
    // The first watch makes the other reactor open its own descriptors, before the listener.
    other.watch(scope.own(sys.socketPair()[0]), 0, () => undefined);
    const { listener } = accepting(scope, { host: HOST, port: 0, reactor });
    const [port, fd] = [portOf(listener), listener.fd];
    sys.close(fd);
    const next = accepting(scope, { host: HOST, port, reactor: other }).listener;
    assert.equal([next.fd, next.address], [fd, listener.address]);
    listener.close();
    assert.equal([listener.closed, next.closed, openDescriptors().includes(fd)], [true, false, true]);
    assert.is(sys.getOption(fd, 'acceptConnections'), true);
  },
);

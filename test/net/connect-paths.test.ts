import { join } from 'node:path';
import { connect } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { connected, failureOf } from '../support/connecting.js';
import { HOST } from '../support/listening.js';
import { openDescriptors } from '../support/process.js';
import { onBothWaiters, rejection } from '../support/reactor.js';
import { suite } from '../support/suite.js';

const test = suite('net: connect to the path of a unix socket');

onBothWaiters(
  test,
  'net:connect.7 a path connects, or rejects with ENOENT, ECONNREFUSED or EAGAIN and the path',
  async (scope, open) => {
    const reactor = open();
    const path = join(scope.directory(), 'socket');
    const missing = await failureOf(reactor, { path });
    assert.equal(
      [missing['code'], missing['path'], missing['message']],
      ['ENOENT', path, `ENOENT: no such file or directory, connect ${path}`],
    );
    const listener = scope.own(sys.socket('unix'));
    sys.bind(listener, { path });
    assert.is((await failureOf(reactor, { path }))['code'], 'ECONNREFUSED');
    sys.listen(listener, 0);
    const fd = await connected(scope, { path, reactor });
    assert.equal(sys.peerAddress(fd), { family: 'unix', path });
    const full = await failureOf(reactor, { path });
    assert.equal([full['code'], full['path']], ['EAGAIN', path]);
  },
);

onBothWaiters(
  test,
  'net:connect.16 a signal also ends a connect that succeeds at once, at whatever moment it is aborted, and nothing stays open',
  async (scope, open) => {
    const reactor = open();
    const { path, listener } = scope.open.unixListener();
    const before = openDescriptors();
    let overtaken = 0;
    for (let turns = 0; turns < 16; turns++) {
      const controller = new AbortController();
      let isSettled = false;
      const outcome = connect({ path, reactor, signal: controller.signal }).then(
        sys.close,
        (error: Error) => error.name,
      );
      void outcome.then(() => {
        isSettled = true;
      });
      for (let turn = 0; turn < turns; turn++) await undefined;
      const isLate = isSettled;
      controller.abort();
      const name = await outcome;
      if (!isLate && name !== 'AbortError') overtaken++;
      if (turns === 0) assert.equal([name, sys.accept(listener)], ['AbortError', sys.WOULD_BLOCK]);
      assert.equal(openDescriptors(), before);
    }
    // The promise is resolved by now, so that the signal comes too late.
    assert.ok(overtaken <= 2, String(overtaken));
  },
);

onBothWaiters(
  test,
  'net:connect.17 a reactor that is closed before or meanwhile also ends a connect that succeeds at once',
  async (scope, open) => {
    const { path } = scope.open.unixListener();
    const reactor = open();
    const pending = rejection(connect({ path, reactor }));
    reactor.close();
    const before = openDescriptors();
    assert.is((await pending).code, 'ERR_POLLER_CLOSED');
    let asked = 0;
    const lookup = async (): Promise<string[]> => [HOST].slice(asked++);
    for (const options of [{ path }, { host: 'twins.example', port: 1, lookup }]) {
      assert.is((await rejection(connect({ ...options, reactor }))).code, 'ERR_POLLER_CLOSED');
    }
    assert.equal([openDescriptors(), asked], [before, 0]);
  },
);

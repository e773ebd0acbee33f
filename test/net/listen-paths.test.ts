import { existsSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { thrownBy } from '../support/expect.js';
import { accepting, client } from '../support/listening.js';
import { openDescriptors } from '../support/process.js';
import { onBothWaiters } from '../support/reactor.js';
import { until } from '../support/streams.js';
import { suite } from '../support/suite.js';

const test = suite('net: listen on the path of a unix socket');

onBothWaiters(
  test,
  'net:listen.5 the file of a path is made, refuses a second listener, and is removed with the first',
  async (scope, open) => {
    const path = join(scope.directory(), 'socket');
    const reactor = open();
    const { listener, fds, peers } = accepting(scope, { path, reactor });
    assert.equal(listener.address, { family: 'unix', path });
    await client(scope, { path });
    await until(() => fds.length === 1);
    assert.equal(peers, [{ family: 'unix', path: '' }]);
    const {
      code,
      syscall,
      message,
      path: named,
    } = thrownBy(() => accepting(scope, { path, reactor })) as NodeJS.ErrnoException;
    assert.equal([code, syscall, named], ['EADDRINUSE', 'bind', path]);
    assert.is(message, `EADDRINUSE: address already in use, bind ${path}`);
    listener.close();
    assert.is(existsSync(path), false);
  },
);

onBothWaiters(
  test,
  'net:listen.6 a path whose listener is gone throws EADDRINUSE, and its file stays',
  (scope, open) => {
    const path = join(scope.directory(), 'stale');
    const dead = sys.socket('unix');
    sys.bind(dead, { path });
    sys.close(dead);
    assert.is(thrownBy(() => accepting(scope, { path, reactor: open() })).code, 'EADDRINUSE');
    assert.is(statSync(path).isSocket(), true);
  },
);

onBothWaiters(test, 'net:listen.7 a file that has taken the place of the socket is left alone', (scope, open) => {
  const path = join(scope.directory(), 'socket');
  const { listener } = accepting(scope, { path, reactor: open() });
  unlinkSync(path);
  writeFileSync(path, 'mine');
  listener.close();
  assert.is(existsSync(path), true);
});

onBothWaiters(test, 'net:listen.14 closing the reactor closes the listener and removes its path', (scope, open) => {
  const path = join(scope.directory(), 'socket');
  const reactor = open();
  const { listener } = accepting(scope, { path, reactor });
  reactor.close();
  assert.equal([listener.closed, existsSync(path), openDescriptors().includes(listener.fd)], [true, false, false]);
  const before = openDescriptors();
  assert.is(thrownBy(() => accepting(scope, { path, reactor })).code, 'ERR_POLLER_CLOSED');
  assert.equal([openDescriptors(), existsSync(path)], [before, false]);
});

onBothWaiters(
  test,
  'net:listen.24 the file of a relative path is removed also after a change of the working directory',
  (scope, open) => {
    const directory = scope.directory();
    const before = process.cwd();
    scope.atEnd(() => process.chdir(before));
    process.chdir(directory);
    const { listener } = accepting(scope, { path: 'socket', reactor: open() });
    assert.equal(listener.address, { family: 'unix', path: 'socket' });
    process.chdir(before);
    listener.close();
    assert.is(existsSync(join(directory, 'socket')), false);
  },
);

import '../support/preloaded.js';
import { constants } from 'node:fs';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { thrownBy } from '../support/expect.js';
import { calls, clear, fail, type Call } from '../support/faults.js';
import { descriptorsByKind } from '../support/kernel.js';
import { suite } from '../support/suite.js';

const test = suite('faults of sources and of terminals', { sanitized: ['epoll'] });

const MAKERS: ReadonlyArray<[call: Call, make: () => unknown]> = [
  ['timerfd_create', () => sys.openTimer()],
  ['eventfd', () => sys.openEvent()],
  ['pidfd_open', () => sys.openProcess(process.pid)],
];

for (const [call, make] of MAKERS) {
  for (const errno of ['EMFILE', 'ENFILE', 'ENOMEM', 'EPERM'] as const) {
    test(`faults:source.1 ${call} fails with ${errno}: the error says so, and nothing stays open`, () => {
      const before = descriptorsByKind();
      clear();
      fail(call, errno);
      const error = thrownBy(make);
      assert.equal([error.code, error.syscall, error.fd], [errno, call, undefined]);
      assert.equal(descriptorsByKind(), before);
    });
  }
}

test('faults:source.2 openProcess() throws ERR_NOT_SUPPORTED on a kernel without pidfd_open', () => {
  clear();
  fail('pidfd_open', 'ENOSYS');
  assert.is(thrownBy(() => sys.openProcess(process.pid)).code, 'ERR_NOT_SUPPORTED');
});

test('faults:source.3 openTimer() throws ERR_NOT_SUPPORTED on a kernel without the clock boottime', () => {
  clear();
  fail('timerfd_create', 'EINVAL');
  assert.is(thrownBy(() => sys.openTimer({ clock: 'boottime' })).code, 'ERR_NOT_SUPPORTED');
  fail('timerfd_create', 'EINVAL');
  assert.is(thrownBy(() => sys.openTimer()).code, 'EINVAL');
});

test('faults:source.4 a signal that interrupts a read of a source or an addition to it causes no error', () => {
  const fd = sys.openEvent(2);
  clear();
  fail('read', 'EINTR', 1, 3);
  fail('write', 'EINTR', 1, 3);
  assert.is(sys.addToEvent(fd, 1), 0);
  assert.is(sys.readEvent(fd), 3);
  assert.ok(calls('read') >= 4 && calls('write') >= 4);
  sys.close(fd);
});

test('faults:terminal-settings.1 whichever system call of a change of settings fails, its error is thrown and the former settings are restored', () => {
  const pty = sys.openPty();
  const fd = sys.open(pty.path, constants.O_RDWR);
  clear();
  const before = sys.terminalSettings(fd);
  // The three calls read the former settings, set the new ones and read them back.
  for (let nth = 1; nth <= 3; nth++) {
    clear();
    fail('ioctl', 'EIO', nth);
    const error = thrownBy(() => sys.setTerminalSettings(fd, { baudRate: 300, raw: true }));
    assert.equal([error.code, error.syscall, error.fd], ['EIO', 'ioctl', fd]);
    clear();
    assert.equal(sys.terminalSettings(fd), before);
  }
  fail('ioctl', 'EINTR', 1, 20);
  sys.setTerminalSettings(fd, { baudRate: 300 });
  clear();
  assert.is(sys.terminalSettings(fd).baudRate, 300);
  sys.close(fd);
  sys.close(pty.fd);
});

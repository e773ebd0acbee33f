import { readdirSync } from 'node:fs';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { expectSystemError } from '../support/expect.js';
import { clear, fail } from '../support/faults.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('faults: messages', { sanitized: ['epoll'] });

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

test(
  'faults:message.1 without memory for control messages receiveMessage() and sendMessage() throw ENOMEM, and no message is lost',
  scoped((scope) => {
    const [a, b] = sys.socketPair('dgram');
    scope.own(a);
    scope.own(b);
    sys.sendMessage(a, [Buffer.from('x')], { control: { descriptors: [a] } });
    const before = openDescriptors();
    fail('malloc');
    expectSystemError(() => sys.receiveMessage(b, [Buffer.alloc(1)], { control: 65536 }), 'ENOMEM', b);
    clear();
    assert.is(openDescriptors(), before);
    const message = sys.receiveMessage(b, [Buffer.alloc(1)], { control: 65536 }) as sys.ReceivedMessage;
    message.control.descriptors.forEach((fd) => scope.own(fd));
    assert.is(message.control.descriptors.length, 1);
    const raw = [{ level: 0, type: 0, data: Buffer.alloc(8192) }];
    fail('malloc');
    expectSystemError(() => sys.sendMessage(a, [Buffer.from('x')], { control: { raw } }), 'ENOMEM', a);
    clear();
    assert.is(sys.receiveMessage(b, [Buffer.alloc(1)]), sys.WOULD_BLOCK);
  }),
);

test(
  'faults:message.2 without memory an ioctl() and the option of a number throw ENOMEM',
  scoped((scope) => {
    const fd = scope.own(sys.socket('ipv4', 'dgram'));
    fail('malloc');
    expectSystemError(() => sys.ioctl(fd, 0x541b, Buffer.alloc(100_000)), 'ENOMEM', fd);
    clear();
    fail('calloc');
    expectSystemError(() => sys.getOption(fd, { level: 1, name: 8 }), 'ENOMEM', fd);
    clear();
    assert.is(sys.getOption(fd, { level: 1, name: 8 }).length, 4);
  }),
);

test(
  'faults:message.3 a request of ioctl that a signal interrupts is made again with the bytes of the view',
  scoped((scope) => {
    const { fd } = sys.openPty();
    scope.own(fd);
    fail('ioctl', 'EINTR', 1, 3);
    assert.is(sys.ioctl(fd, 0x5414, Uint16Array.of(25, 80, 0, 0)), 0);
    clear();
    assert.equal(sys.windowSize(fd), { columns: 80, rows: 25 });
    fail('ioctl', 'EAGAIN');
    assert.is(sys.ioctl(fd, 0x5414, Uint16Array.of(1, 1, 0, 0)), sys.WOULD_BLOCK);
    clear();
  }),
);

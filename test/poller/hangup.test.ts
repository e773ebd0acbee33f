import { constants } from 'node:fs';
import { join } from 'node:path';
import { ERROR, HANGUP, READABLE, READ_CLOSED, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { POLLHUP, POLLIN, POLLRDHUP, descriptors, untilPolled } from '../support/descriptors.js';
import { allowEdges, bitNames, expectEvents, expectNone } from '../support/expect.js';
import { KERNEL, lackOf } from '../support/facts.js';
import { ptyPair } from '../support/kinds.js';
import { MODES, fill } from '../support/kit.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('hangup');

const STREAMS = ['TCP', 'unix stream', 'unix seqpacket'] as const;
const GONE = READABLE | READ_CLOSED | HANGUP;

for (const { name, mode } of MODES) {
  const repeats = mode === 0;
  /** Expects the event, and again if the mode repeats it. */
  const expectHeld = (poller: Parameters<typeof expectEvents>[0], fd: number, readiness: number): void => {
    expectEvents(poller, [fd, readiness]);
    if (repeats) expectEvents(poller, [fd, readiness]);
    else expectNone(poller);
  };

  test.unless(lackOf('fifoHangup'))(
    `poller:hangup.2 FIFO, ${name}: a writer that closes with data unread reports readable, read-closed and hangup, and the data can be read`,
    scoped((scope) => {
      const poller = scope.poller();
      const [reader, writer] = scope.open.fifo();
      poller.add(reader, mode | READABLE);
      expectNone(poller);
      sys.write(writer, Buffer.from('abc'));
      scope.close(writer);
      expectHeld(poller, reader, GONE);
      assert.is(sys.read(reader, Buffer.alloc(8)), 3);
      if (repeats) expectEvents(poller, [reader, GONE]);
    }),
  );

  test.unless(lackOf('fifoHangup') ?? lackOf('fifoWriters'))(
    `poller:hangup.3 FIFO, ${name}: when the last reader closes, the writer reports writable and error`,
    scoped((scope) => {
      const poller = scope.poller();
      const [reader, writer] = scope.open.fifo();
      fill(writer, 'FIFO');
      poller.add(writer, mode | WRITABLE);
      expectNone(poller);
      scope.close(reader);
      const events = [...poller.wait(1000)];
      assert.equal(
        events.map(({ fd, readiness }) => [fd, bitNames(readiness & ~HANGUP)]),
        [[writer, 'WRITABLE|ERROR']],
      );
      if (!repeats) expectNone(poller);
      assert.throws(
        () => sys.write(writer, Buffer.from('x')),
        (error: { code?: string }) => error.code === 'EPIPE',
      );
    }),
  );

  for (const kind of STREAMS) {
    test(
      `poller:hangup.5 ${kind}, ${name}: a connection whose ends have both shut down writing is a hangup`,
      scoped((scope) => {
        const poller = scope.poller();
        const [a, b] = scope.open.pair(kind);
        sys.shutdown(b, 'write');
        untilPolled(a, POLLRDHUP);
        poller.add(a, mode | READABLE);
        expectHeld(poller, a, READABLE | READ_CLOSED);
        sys.shutdown(a, 'write');
        untilPolled(a, POLLHUP);
        poller.modify(a, mode | READABLE);
        expectHeld(poller, a, GONE);
        poller.modify(a, mode | READABLE | WRITABLE);
        expectHeld(poller, a, GONE | WRITABLE);
      }),
    );

    test(
      `poller:hangup.6 ${kind}, ${name}: shutting down one's own writing is no hangup`,
      scoped((scope) => {
        const poller = scope.poller();
        const [a, b] = scope.open.pair(kind);
        sys.shutdown(a, 'write');
        untilPolled(b, POLLRDHUP);
        poller.add(a, mode | READABLE | WRITABLE);
        const readiness = [...poller.wait(0)].map((event) => bitNames(event.readiness));
        assert.equal(
          readiness.filter((bits) => bits !== 'WRITABLE'),
          [],
        );
        sys.write(b, Buffer.from('x'));
        untilPolled(a, POLLIN);
        poller.modify(a, mode | READABLE);
        expectHeld(poller, a, READABLE);
      }),
    );

    test(
      `poller:half-close.2 ${kind}, ${name}: data and the end behind it are one event, and the data can be read`,
      scoped((scope) => {
        const poller = scope.poller();
        const [a, b] = scope.open.pair(kind);
        sys.write(b, Buffer.from('abc'));
        sys.shutdown(b, 'write');
        untilPolled(a, POLLRDHUP);
        poller.add(a, mode | READABLE);
        expectHeld(poller, a, READABLE | READ_CLOSED);
        assert.is(sys.read(a, Buffer.alloc(8)), 3);
        assert.is(sys.read(a, Buffer.alloc(8)), 0);
        if (repeats) expectEvents(poller, [a, READABLE | READ_CLOSED]);
        else allowEdges(poller, a, READABLE | READ_CLOSED);
      }),
    );

    test(
      `poller:half-close.4 ${kind}, ${name}: shutting down one's own reading is readable and read-closed`,
      scoped((scope) => {
        const poller = scope.poller();
        const [a] = scope.open.pair(kind);
        sys.shutdown(a, 'read');
        poller.add(a, mode | READABLE);
        expectHeld(poller, a, READABLE | READ_CLOSED);
      }),
    );
  }

  for (const kind of ['unix seqpacket'] as const) {
    test(
      `poller:hangup.7 ${kind}, ${name}: a peer that closes reports hangup, readable, read-closed, and writable if that is asked for`,
      scoped((scope) => {
        const poller = scope.poller();
        const [a, b] = scope.open.pair(kind);
        poller.add(a, mode | READABLE);
        expectNone(poller);
        scope.close(b);
        expectHeld(poller, a, GONE);
        poller.modify(a, mode | READABLE | WRITABLE);
        expectHeld(poller, a, GONE | WRITABLE);
        poller.modify(a, mode | WRITABLE);
        expectHeld(poller, a, WRITABLE | HANGUP);
      }),
    );
  }

  test(
    `poller:hangup.8 TCP, ${name}: a reset reports readable, read-closed, hangup and error in one event`,
    scoped((scope) => {
      const poller = scope.poller();
      const [a, b] = scope.open.tcp();
      poller.add(a, mode | READABLE);
      expectNone(poller);
      sys.write(a, Buffer.from('unread'));
      untilPolled(b, POLLIN);
      scope.close(b);
      untilPolled(a, POLLHUP);
      expectHeld(poller, a, GONE | ERROR);
      poller.modify(a, mode | WRITABLE);
      expectHeld(poller, a, WRITABLE | HANGUP | ERROR);
      assert.is(sys.takeError(a) !== 0, true);
      poller.modify(a, mode | READABLE);
      expectHeld(poller, a, GONE);
    }),
  );

  test.unless(lackOf('terminalHangup'))(
    `poller:hangup.9 pty, ${name}: when the slave closes the master hangs up`,
    scoped((scope) => {
      const poller = scope.poller();
      const [slave, master] = ptyPair(scope);
      poller.add(master, mode | READABLE);
      expectNone(poller);
      scope.close(slave);
      expectHeld(poller, master, GONE);
    }),
  );

  test.unless(lackOf('terminalHangup'))(
    `poller:hangup.10 pty, ${name}: when the master closes the slave hangs up, with an error on Linux`,
    scoped((scope) => {
      const poller = scope.poller();
      const [slave, master] = ptyPair(scope);
      poller.add(slave, mode | READABLE);
      expectNone(poller);
      scope.close(master);
      expectHeld(poller, slave, KERNEL === 'linux' ? GONE | ERROR : GONE);
    }),
  );
}

test.unless(lackOf('fifoHangup') ?? lackOf('fifoWriters'))(
  'poller:hangup.14 the writer of a FIFO reports an error while there is no reader, and none once there is a new reader',
  scoped((scope) => {
    const poller = scope.poller();
    const path = join(scope.directory(), 'fifo');
    descriptors.makeFifo(path);
    const openEnd = (flags: number): number => scope.own(sys.open(path, flags));
    const reader = openEnd(constants.O_RDONLY);
    const writer = openEnd(constants.O_WRONLY);
    poller.add(writer, WRITABLE);
    expectEvents(poller, [writer, WRITABLE]);
    scope.close(reader);
    expectEvents(poller, [writer, WRITABLE | ERROR]);
    openEnd(constants.O_RDONLY);
    expectEvents(poller, [writer, WRITABLE]);
    fill(writer, 'FIFO');
    expectNone(poller);
  }),
);

test(
  'poller:hangup.13 after shutting down both directions a full socket is writable, because a write will fail at once',
  scoped((scope) => {
    const poller = scope.poller();
    const [a] = scope.open.stream();
    fill(a, 'unix stream');
    poller.add(a, WRITABLE);
    expectNone(poller);
    sys.shutdown(a, 'both');
    expectEvents(poller, [a, WRITABLE | HANGUP]);
    assert.throws(
      () => sys.write(a, Buffer.from('x')),
      (error: { code?: string }) => error.code === 'EPIPE',
    );
  }),
);

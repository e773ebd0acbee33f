import { constants } from 'node:fs';
import { ERROR, HANGUP, ONESHOT, READABLE, READ_CLOSED, WRITABLE } from '../../interest.js';
import * as sys from '../../sys.js';
import type { Clause } from '../kit/clause.js';
import { modesOf, product, singleInterestsOf } from '../kit/modes.js';
import { type Kind, PIPES } from '../kit/kinds.js';
import { fill, finish, receive, send } from '../kit/transfer.js';

const GONE = READABLE | READ_CLOSED | HANGUP;

/** The last writer of `kind` writes `text` and closes. */
function writerGone(kind: Kind, text: string): Clause['run'] {
  return ({ open, expect, each, close, environment }) => {
    each(modesOf(environment.capabilities), ({ mode }) => {
      const poller = open.poller();
      const [reader, writer] = open.pair(kind);
      poller.add(reader, mode | READABLE);
      expect.none(poller);
      if (text !== '') send(writer, text);
      close(writer);
      expect.held(poller, mode, [reader, GONE]);
      expect.equal(receive(reader), text.length, 'read');
      if (mode === 0) {
        expect.events(poller, [reader, GONE]);
        expect.equal(receive(reader), 0, 'read at the end');
        expect.events(poller, [reader, GONE]);
      }
    });
  };
}

/** The last reader of a pipe closes while the pipe is full or empty. */
function readerGone(isFull: boolean): Clause['run'] {
  return ({ open, expect, each, close, environment }) => {
    each(modesOf(environment.capabilities), ({ mode }) => {
      const poller = open.poller();
      const [reader, writer] = open.pipe();
      if (isFull) fill(writer, 'pipe');
      poller.add(writer, mode | WRITABLE);
      if (isFull) expect.none(poller);
      else expect.events(poller, [writer, WRITABLE]);
      close(reader);
      if ((mode & ONESHOT) !== 0 && !isFull) {
        expect.none(poller);
        poller.modify(writer, mode | WRITABLE);
      }
      expect.eventsAllowing(poller, HANGUP, [writer, WRITABLE | ERROR]);
      if (mode === 0) expect.eventsAllowing(poller, HANGUP, [writer, WRITABLE | ERROR]);
      else expect.none(poller);
      expect.fails(() => sys.write(writer, Buffer.from('x')), 'EPIPE');
    });
  };
}

export const hangupClauses: readonly Clause[] = [
  {
    id: 'hangup.1',
    title: 'a pipe without writers reports READABLE, READ_CLOSED and HANGUP',
    promise:
      'The read end of a pipe reports READABLE, READ_CLOSED and HANGUP after its last writer has closed. A level registration continues to report them after the end was read.',
    needs: ['readClosed'],
    run: writerGone('pipe', ''),
  },
  {
    id: 'hangup.2',
    title: 'a pipe without writers reports HANGUP while data is unread',
    promise: 'HANGUP does not mean that everything was read: data that the last writer left in the pipe can be read.',
    needs: ['readClosed'],
    run: writerGone('pipe', 'abc'),
  },
  {
    id: 'hangup.3',
    title: 'a FIFO without writers reports READABLE, READ_CLOSED and HANGUP',
    promise: 'The read end of a FIFO reports READABLE, READ_CLOSED and HANGUP after its last writer has closed.',
    needs: ['readClosed', 'fifoHangup', 'fifoEndStays'],
    run: writerGone('FIFO', ''),
  },
  {
    id: 'hangup.4',
    title: 'a FIFO without writers reports HANGUP while data is unread',
    promise: 'Data that the last writer left in a FIFO can be read although HANGUP is reported.',
    needs: ['readClosed', 'fifoHangup', 'fifoEndStays'],
    run: writerGone('FIFO', 'abc'),
  },
  {
    id: 'hangup.5',
    title: 'a FIFO is not hung up before its first writer, nor after a new one',
    promise:
      'A FIFO reports no hangup before its first writer has opened it. A FIFO that gets a new writer no longer reports a hangup.',
    needs: ['readClosed', 'fifoHangup'],
    run({ open, expect, close }) {
      const poller = open.poller();
      const path = open.fifoPath();
      const openEnd = (flags: number): number => open.file(path, flags | constants.O_NONBLOCK);
      const reader = openEnd(constants.O_RDONLY);
      poller.add(reader, READABLE);
      expect.none(poller);
      const writer = openEnd(constants.O_WRONLY);
      expect.none(poller);
      close(writer);
      expect.events(poller, [reader, GONE]);
      const second = openEnd(constants.O_WRONLY);
      expect.none(poller);
      send(second);
      expect.events(poller, [reader, READABLE]);
    },
  },
  {
    id: 'hangup.6',
    title: 'when one of several writers closes a pipe, nothing is reported',
    promise: 'The read end of a pipe reports no hangup while it has a writer.',
    needs: ['readClosed'],
    run({ open, expect, close, each }) {
      each(PIPES, (kind) => {
        const poller = open.poller();
        const [reader, writer] = open.pair(kind);
        const second = open.dup(writer);
        poller.add(reader, READABLE);
        close(writer);
        expect.none(poller);
        send(second);
        expect.events(poller, [reader, READABLE]);
      });
    },
  },
  {
    id: 'hangup.7',
    title: 'the write end of a pipe without readers reports WRITABLE and ERROR',
    promise:
      'The write end of a pipe reports WRITABLE and ERROR after its last reader has closed. HANGUP may come with them.',
    needs: [],
    run: readerGone(false),
  },
  {
    id: 'hangup.8',
    title: 'the write end of a full pipe reports that the last reader has closed',
    promise:
      'The write end of a full pipe reports WRITABLE and ERROR when its last reader closes, so that no writer waits forever.',
    needs: [],
    run: readerGone(true),
  },
  {
    id: 'hangup.9',
    title: 'a unix stream socket whose peer closes reports a hangup',
    promise:
      'A connected unix stream socket whose peer has closed reports READABLE, READ_CLOSED and HANGUP, and WRITABLE if it is in the interest.',
    needs: ['readClosed'],
    run({ open, expect, each, close, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const [a, b] = open.stream();
        poller.add(a, mode | READABLE);
        expect.none(poller);
        close(b);
        expect.held(poller, mode, [a, GONE]);
        poller.modify(a, mode | READABLE | WRITABLE);
        expect.held(poller, mode, [a, GONE | WRITABLE]);
      });
    },
  },
  {
    id: 'hangup.10',
    title: 'a unix seqpacket socket whose peer closes reports a hangup',
    promise:
      'A connected unix seqpacket socket whose peer has closed reports READABLE, READ_CLOSED and HANGUP, and WRITABLE if it is in the interest.',
    needs: ['readClosed', 'seqpacket'],
    run({ open, expect, close }) {
      const poller = open.poller();
      const [a, b] = open.pair('unix seqpacket');
      poller.add(a, READABLE);
      expect.none(poller);
      close(b);
      expect.events(poller, [a, GONE]);
      poller.modify(a, READABLE | WRITABLE);
      expect.events(poller, [a, GONE | WRITABLE]);
    },
  },
  {
    id: 'hangup.11',
    title: 'a registration for WRITABLE alone reports a hangup',
    promise:
      'A registration for WRITABLE alone reports WRITABLE and HANGUP when the peer has closed, without READABLE and READ_CLOSED.',
    needs: [],
    run({ open, expect, each, close, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const [a, b] = open.stream();
        poller.add(a, mode | WRITABLE);
        close(b);
        expect.held(poller, mode, [a, WRITABLE | HANGUP]);
      });
    },
  },
  {
    id: 'hangup.12',
    title: 'a full unix stream socket reports that its peer has closed',
    promise: 'A full unix stream socket reports WRITABLE and HANGUP when its peer closes. ERROR may come with them.',
    needs: [],
    run({ open, expect, close }) {
      const poller = open.poller();
      const [a, b] = open.stream();
      fill(a, 'unix stream');
      poller.add(a, WRITABLE);
      expect.none(poller);
      close(b);
      expect.eventsAllowing(poller, ERROR, [a, WRITABLE | HANGUP]);
    },
  },
  {
    id: 'hangup.13',
    title: 'a connection reports a hangup when both directions have finished',
    promise: 'A connection reports HANGUP when both directions have finished, in either order, and not before.',
    needs: ['readClosed'],
    run({ open, expect, each }) {
      each(['unix stream', 'TCP'] as const, (kind) => {
        const poller = open.poller();
        const [a, b] = open.pair(kind);
        poller.add(a, READABLE);
        poller.add(b, READABLE);
        sys.shutdown(b, 'write');
        expect.eventually(poller, a, READABLE | READ_CLOSED);
        poller.modify(a, 0);
        sys.shutdown(a, 'write');
        expect.eventually(poller, b, GONE);
        poller.remove(b);
        poller.modify(a, READABLE);
        expect.eventually(poller, a, GONE);
        poller.modify(a, READABLE | WRITABLE);
        expect.events(poller, [a, GONE | WRITABLE]);
      });
    },
  },
  {
    id: 'hangup.14',
    title: 'a socket that shuts down its own writing reports no hangup',
    promise: 'A socket whose own writing was shut down reports no HANGUP, and data of the peer is still reported.',
    needs: [],
    run({ open, expect, each, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        for (const kind of ['unix stream', 'TCP'] as const) {
          const poller = open.poller();
          const channel = open.channel(kind);
          finish(channel.reader, channel.writer);
          poller.add(channel.reader, mode | READABLE | WRITABLE);
          for (const { readiness } of poller.wait(0))
            expect.equal(readiness & ~WRITABLE, 0, 'readiness beside WRITABLE');
          channel.send();
          poller.modify(channel.reader, mode | READABLE);
          expect.held(poller, mode, [channel.reader, READABLE]);
        }
      });
    },
  },
  {
    id: 'hangup.15',
    title: 'a peer that closes before add() is reported by the next wait',
    promise: 'A descriptor whose other end is gone can be added, and the next wait reports the hangup.',
    needs: ['readClosed'],
    run({ open, expect, each, close, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const [reader, writer] = open.pipe();
        const [otherReader, otherWriter] = open.pipe();
        const [a, b] = open.stream();
        close(writer, otherReader, b);
        poller.add(reader, mode | READABLE);
        expect.held(poller, mode, [reader, GONE]);
        poller.remove(reader);
        poller.add(otherWriter, mode | WRITABLE);
        expect.eventsAllowing(poller, HANGUP, [otherWriter, WRITABLE | ERROR]);
        poller.remove(otherWriter);
        poller.add(a, mode | READABLE);
        expect.held(poller, mode, [a, GONE]);
      });
    },
  },
  {
    id: 'hangup.16',
    title: 'a hangup does not keep other registrations from being reported',
    promise: 'Other registrations are reported while one of them hangs up. remove() ends the reports of the hangup.',
    needs: ['readClosed'],
    run({ open, expect, close }) {
      const poller = open.poller();
      const [a, b] = open.stream();
      const [reader, writer] = open.pipe();
      poller.add(a, READABLE);
      poller.add(reader, READABLE);
      close(b);
      expect.events(poller, [a, GONE]);
      send(writer);
      expect.events(poller, [a, GONE], [reader, READABLE]);
      poller.remove(a);
      expect.events(poller, [reader, READABLE]);
    },
  },
  {
    id: 'hangup.17',
    title: 'a registration for READ_CLOSED alone reports a hangup',
    promise:
      'A registration for READ_CLOSED alone reports READ_CLOSED and HANGUP when the peer has closed, without READABLE.',
    needs: ['readClosed'],
    run({ open, expect, each, close, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const [a, b] = open.stream();
        poller.add(a, mode | READ_CLOSED);
        expect.none(poller);
        close(b);
        expect.held(poller, mode, [a, READ_CLOSED | HANGUP]);
      });
    },
  },
  {
    id: 'hangup.18',
    title: 'a registration for any single interest reports a hangup',
    promise:
      'HANGUP is reported without being in the interest: a registration for any single bit reports HANGUP when the peer has closed.',
    needs: ['readClosed'],
    run({ open, expect, each, close, environment: { capabilities } }) {
      each(product(singleInterestsOf(capabilities), modesOf(capabilities)), ([{ interest, over }, { mode }]) => {
        const poller = open.poller();
        const [a, b] = open.stream();
        if (interest === WRITABLE) fill(a, 'unix stream');
        poller.add(a, mode | interest);
        expect.none(poller);
        close(b);
        expect.eventsAllowing(poller, interest === WRITABLE ? ERROR : 0, [a, over | HANGUP]);
      });
    },
  },
  {
    id: 'hangup.19',
    title: 'a pseudoterminal reports no hangup after its other side is opened again',
    promise:
      'A pseudoterminal reports HANGUP when nobody has its other side open. After that side is opened again it reports nothing, then data without HANGUP, and HANGUP at the next close.',
    needs: ['readClosed', 'terminals', 'terminalHangup'],
    run({ open, expect, each, close, environment }) {
      each(
        modesOf(environment.capabilities).filter(({ mode }) => (mode & ONESHOT) === 0),
        ({ mode }) => {
          const poller = open.poller();
          const { fd, path } = open.terminal();
          const openOther = (): number => open.file(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
          const first = openOther();
          poller.add(fd, mode | READABLE, 'data');
          expect.none(poller);
          close(first);
          expect.held(poller, mode, [fd, GONE, 'data']);
          for (let round = 0; round < 2; round++) {
            const other = openOther();
            expect.none(poller);
            send(other);
            expect.held(poller, mode, [fd, READABLE, 'data']);
            receive(fd);
            expect.none(poller);
            close(other);
            expect.held(poller, mode, [fd, GONE, 'data']);
          }
        },
      );
    },
  },
];

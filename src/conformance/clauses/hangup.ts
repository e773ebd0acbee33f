import { constants } from 'node:fs';
import { ERROR, HANGUP, ONESHOT, READABLE, READ_CLOSED, WRITABLE } from '../../interest.js';
import * as sys from '../../sys.js';
import type { Clause } from '../kit/clause.js';
import { modesOf, product, singleInterestsOf } from '../kit/modes.js';
import { type Kind, PIPES } from '../kit/kinds.js';
import { fill, finish, receive, send } from '../kit/transfer.js';

const GONE = READABLE | READ_CLOSED | HANGUP;

/** The last writer of `kind` closes, with or without data left in it. */
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

/** The last reader of a pipe closes, the pipe being full or not. */
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
    title: 'a pipe whose last writer closes is readable, read-closed and hangup',
    promise:
      'The read end of a pipe whose writers are gone is READABLE, READ_CLOSED and HANGUP, and in level mode goes on being so after its end was read.',
    needs: ['readClosed'],
    run: writerGone('pipe', ''),
  },
  {
    id: 'hangup.2',
    title: 'a pipe whose writer closes with data unread is so too, and the data is there',
    promise: 'HANGUP does not mean that nothing is left: what the last writer left in the pipe can be read.',
    needs: ['readClosed'],
    run: writerGone('pipe', 'abc'),
  },
  {
    id: 'hangup.3',
    title: 'a FIFO whose last writer closes is readable, read-closed and hangup',
    promise: 'The read end of a FIFO whose writers are gone is reported as that of a pipe.',
    needs: ['readClosed', 'fifoHangup', 'fifoEndStays'],
    run: writerGone('FIFO', ''),
  },
  {
    id: 'hangup.4',
    title: 'a FIFO whose writer closes with data unread is so too, and the data is there',
    promise: 'What the last writer left in a FIFO can be read though HANGUP is reported.',
    needs: ['readClosed', 'fifoHangup', 'fifoEndStays'],
    run: writerGone('FIFO', 'abc'),
  },
  {
    id: 'hangup.5',
    title: 'a FIFO without a writer so far is silent, and a new writer ends its hangup',
    promise:
      'A FIFO that no writer has opened yet reports no hangup, and one that gets a new writer reports it no longer.',
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
    title: 'one writer of several that closes is nothing',
    promise: 'The read end of a pipe is silent while any writer is left.',
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
    title: 'a pipe whose last reader closes is writable and error to the writer',
    promise: 'The write end of a pipe whose readers are gone is WRITABLE and ERROR; HANGUP may come with it.',
    needs: [],
    run: readerGone(false),
  },
  {
    id: 'hangup.8',
    title: 'a writer that waits for a full pipe is told that the last reader closed',
    promise:
      'The write end of a full pipe becomes WRITABLE and ERROR when the last reader closes, so that nobody waits for ever.',
    needs: [],
    run: readerGone(true),
  },
  {
    id: 'hangup.9',
    title: 'a unix stream whose peer closes is a hangup',
    promise:
      'A connected unix stream socket whose peer closed is READABLE, READ_CLOSED and HANGUP, and WRITABLE if that was asked for.',
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
    title: 'a unix seqpacket socket whose peer closes is a hangup',
    promise:
      'A connected unix seqpacket socket whose peer closed is READABLE, READ_CLOSED and HANGUP, and WRITABLE if that was asked for.',
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
    title: 'who waits to write only is told of the hangup',
    promise: 'WRITABLE alone reports a peer that closed as WRITABLE and HANGUP, without READABLE and READ_CLOSED.',
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
    title: 'a writer that waits for a full socket is told that the peer closed',
    promise:
      'A unix stream socket that was full becomes WRITABLE and HANGUP when its peer closes; ERROR may come with it.',
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
    title: 'a connection that both ends have finished is a hangup',
    promise: 'A connection is a hangup when both directions are finished, in either order, and not before.',
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
    title: 'own shutdown of writing is no hangup',
    promise: 'A socket whose own writing was shut down is not reported as a hangup, and data still comes.',
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
    title: 'a peer that went before add() is reported at once',
    promise: 'A descriptor whose other end is gone already can be added, and is reported by the next wait.',
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
    title: 'a hangup does not keep others from being reported',
    promise: 'Descriptors beside one that has hung up are reported as ever, and remove() ends the hangup.',
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
    title: 'READ_CLOSED alone hears of the hangup',
    promise: 'READ_CLOSED alone reports a peer that closed as READ_CLOSED and HANGUP, without READABLE.',
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
    title: 'every single interest hears of the hangup',
    promise:
      'HANGUP is reported, never asked for: whichever one interest a registration has, a peer that closed is reported to it.',
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
    title: 'a pseudoterminal whose other side is opened again hangs up no longer',
    promise:
      'A pseudoterminal is a hangup once nobody has its other side open; when that is opened again there is silence, then data without a hangup, and the next close is a hangup again.',
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

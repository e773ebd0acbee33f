import { EDGE, HANGUP, READABLE, READ_CLOSED, WRITABLE } from '../../interest.js';
import type { Clause } from '../kit/clause.js';
import { modesOf } from '../kit/modes.js';
import { receive, send } from '../kit/transfer.js';

export const reuseClauses: readonly Clause[] = [
  {
    id: 'reuse.1',
    title: 'a descriptor that was closed is not reported',
    promise: 'A descriptor that was closed without remove(), and has no duplicate, is no longer reported.',
    needs: [],
    run({ open, expect, each, close, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const [reader, writer] = open.pipe();
        send(writer);
        poller.add(reader, mode | READABLE);
        close(reader);
        expect.none(poller);
        close(writer);
        expect.none(poller);
      });
    },
  },
  {
    id: 'reuse.2',
    title: 'a new file under a closed number is not reported',
    promise: 'When the number of a closed descriptor is given to another file, that file is not reported.',
    needs: [],
    run({ open, expect, each, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const [reader] = open.pipe();
        poller.add(reader, mode | READABLE, 'old');
        open.reuse(reader, open.readyPipe());
        expect.none(poller);
        expect.none(poller);
      });
    },
  },
  {
    id: 'reuse.3',
    title: 'a number that was closed without remove() can be added again',
    promise:
      'After close() without remove(), add() registers whatever file the number now belongs to, and the number counts once in size.',
    needs: [],
    run({ open, expect, close }) {
      const poller = open.poller();
      const [reader] = open.pipe();
      for (let round = 0; round < 50; round++) {
        poller.add(reader, READABLE, round);
        const source = open.readyPipe();
        open.reuse(reader, source);
        close(source);
        poller.add(reader, READABLE, -round);
        expect.equal(poller.size, 1, 'size');
        expect.events(poller, [reader, READABLE, -round]);
        poller.remove(reader);
        expect.none(poller);
      }
    },
  },
  {
    id: 'reuse.4',
    title: 'a registration of a reused number has its own interest, mode and data',
    promise:
      'A registration of a reused number inherits neither interest, mode nor data from the registration of the closed file.',
    needs: ['readClosed'],
    run({ open, expect, close }) {
      const poller = open.poller();
      const [reader] = open.pipe();
      const [a, b] = open.stream();
      poller.add(reader, 0, 'old');
      open.reuse(reader, a);
      close(a);
      poller.add(reader, READABLE | WRITABLE);
      for (let round = 0; round < 2; round++) expect.events(poller, [reader, WRITABLE, undefined]);
      send(b);
      expect.events(poller, [reader, READABLE | WRITABLE, undefined]);
      close(b);
      expect.events(poller, [reader, READABLE | WRITABLE | READ_CLOSED | HANGUP, undefined]);
    },
  },
  {
    id: 'reuse.5',
    title: 'an event of a closed and reused number is stale',
    promise: 'An event of the current batch is stale once its number was closed and added again for another file.',
    needs: ['javascript'],
    run({ open, expect }) {
      const poller = open.poller();
      const reader = open.readyPipe();
      poller.add(reader, READABLE, 'old');
      const batch = poller.wait(0);
      expect.equal(batch.length, 1, 'length');
      open.reuse(reader, open.readyPipe());
      poller.add(reader, READABLE, 'new');
      expect.equal([batch.readinessAt(0), batch.dataAt(0)], [0, undefined], 'readiness and data of the old event');
      expect.equal([...batch], [], 'iteration');
      expect.events(poller, [reader, READABLE, 'new']);
    },
  },
  {
    id: 'reuse.6',
    title: 'modify() of a registered number that was closed fails and ends the registration',
    promise:
      'modify() of a registered number that is no longer open fails with EBADF or ENOENT, and the number is no longer registered.',
    needs: [],
    run({ open, expect, close }) {
      const poller = open.poller();
      const [reader] = open.pipe();
      poller.add(reader, READABLE, 'old');
      close(reader);
      expect.fails(() => poller.modify(reader, READABLE), 'EBADF', 'ENOENT');
      expect.equal([poller.size, poller.has(reader)], [0, false], 'size, has()');
      open.reuse(reader, open.readyPipe());
      poller.add(reader, READABLE);
      expect.events(poller, [reader, READABLE, undefined]);
    },
  },
  {
    id: 'reuse.7',
    title: 'remove() of a registered number that was closed fails and ends the registration',
    promise:
      'remove() of a registered number that is no longer open fails with EBADF or ENOENT, and the number is no longer registered.',
    needs: [],
    run({ open, expect, close }) {
      const poller = open.poller();
      const [reader] = open.pipe();
      poller.add(reader, READABLE, 'old');
      close(reader);
      expect.fails(() => poller.remove(reader), 'EBADF', 'ENOENT');
      expect.equal([poller.size, poller.has(reader)], [0, false], 'size, has()');
      open.reuse(reader, open.readyPipe());
      poller.add(reader, READABLE);
      expect.events(poller, [reader, READABLE, undefined]);
    },
  },
  {
    id: 'reuse.8',
    title: 'modify() and remove() of a number that now belongs to another file fail',
    promise:
      'modify() and remove() fail when a registered number was closed and now belongs to another file, and the number is no longer registered.',
    needs: [],
    run({ open, expect, each }) {
      each(['modify', 'remove'] as const, (call) => {
        const poller = open.poller();
        const [reader] = open.pipe();
        poller.add(reader, READABLE, 'old');
        open.reuse(reader, open.readyPipe());
        expect.fails(
          () => (call === 'modify' ? poller.modify(reader, READABLE, 'new') : poller.remove(reader)),
          'ENOENT',
          'EBADF',
        );
        expect.equal([poller.size, poller.has(reader)], [0, false], 'size, has()');
        expect.none(poller);
      });
    },
  },
  {
    id: 'reuse.9',
    title: 'a descriptor and its duplicate are two registrations',
    promise:
      'A descriptor and its duplicate are registered independently: each has its own interest, mode and data and is reported under its own number.',
    needs: ['edge'],
    run({ open, expect }) {
      const poller = open.poller();
      const [a, b] = open.stream();
      const duplicate = open.dup(a);
      poller.add(a, READABLE, 'first');
      poller.add(duplicate, EDGE | READABLE | WRITABLE, 'second');
      expect.equal(poller.size, 2, 'size');
      expect.events(poller, [duplicate, WRITABLE, 'second']);
      send(b);
      expect.eventsAllowing(poller, WRITABLE, [a, READABLE, 'first'], [duplicate, READABLE, 'second']);
      expect.events(poller, [a, READABLE, 'first']);
    },
  },
  {
    id: 'reuse.10',
    title: 'removing a descriptor leaves the registration of its duplicate',
    promise:
      'remove() of a descriptor does not change the registration of its duplicate, and neither does closing the descriptor afterwards.',
    needs: [],
    run({ open, expect, close }) {
      const poller = open.poller();
      const [reader, writer] = open.pipe();
      const duplicate = open.dup(reader);
      poller.add(reader, READABLE, 'first');
      poller.add(duplicate, READABLE, 'second');
      poller.remove(reader);
      close(reader);
      expect.none(poller);
      send(writer);
      expect.events(poller, [duplicate, READABLE, 'second']);
      receive(duplicate);
      expect.none(poller);
    },
  },
  {
    id: 'reuse.11',
    title: 'a file that lives on in a duplicate is not reported under its old number',
    promise:
      'When the number of a closed descriptor belongs to another file, events of the closed file are never reported as events of the new one.',
    needs: [],
    run({ open, expect, each, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const [reader, writer] = open.pipe();
        open.dup(reader);
        const [next, nextWriter] = open.pipe();
        poller.add(reader, mode | READABLE, 'old');
        open.reuse(reader, next);
        poller.add(reader, mode | READABLE, 'new');
        expect.equal(poller.size, 1, 'size');
        send(writer);
        expect.none(poller);
        expect.none(poller);
        send(nextWriter);
        expect.events(poller, [reader, READABLE, 'new']);
      });
    },
  },
  {
    id: 'reuse.12',
    title: 'a duplicate that brings the same open file back to its number can be registered',
    promise:
      'When a duplicate brings the same open file back to its number, add() registers the number, or fails with EEXIST and modify() succeeds.',
    needs: [],
    run({ open, expect, close }) {
      const poller = open.poller();
      const [reader, writer] = open.pipe();
      const duplicate = open.dup(reader);
      poller.add(reader, READABLE, 'old');
      open.reuse(reader, duplicate);
      close(duplicate);
      try {
        poller.add(reader, READABLE, 'new');
      } catch (error) {
        expect.fails(() => {
          throw error;
        }, 'EEXIST');
        poller.modify(reader, READABLE, 'new');
      }
      expect.equal(poller.size, 1, 'size');
      send(writer);
      expect.events(poller, [reader, READABLE, 'new']);
      poller.remove(reader);
      expect.none(poller);
    },
  },
];

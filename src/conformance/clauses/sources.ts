import { EDGE, ONESHOT, READABLE } from '../../interest.js';
import * as sys from '../../sys.js';
import type { Clause } from '../kit/clause.js';
import type { Context } from '../kit/context.js';
import { modesOf } from '../kit/modes.js';

/** Returns when each of `fds` is READABLE: some kernels make a source ready a clock tick late. */
function settled({ open, expect }: Context, ...fds: number[]): void {
  for (const fd of fds) {
    const poller = open.poller();
    poller.add(fd, READABLE);
    expect.events(poller, [fd, READABLE]);
    poller.close();
  }
}

/** Counters, and what holds of every source: a descriptor without a file and without a peer. */
export const sourcesClauses: readonly Clause[] = [
  {
    id: 'sources.1',
    title: 'every wait reports an event while its count is not 0',
    promise: 'An event is READABLE while its count is not 0, and is not reported after its count was read.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const fd = open.event();
      poller.add(fd, READABLE, 'counter');
      for (let round = 1; round <= 3; round++) {
        expect.none(poller);
        sys.addToEvent(fd, round);
        sys.addToEvent(fd, 1);
        for (let wait = 0; wait < 3; wait++) expect.events(poller, [fd, READABLE, 'counter']);
        expect.equal(sys.readEvent(fd), round + 1, 'count');
        expect.equal(sys.readEvent(fd), sys.WOULD_BLOCK, 'count');
      }
      expect.none(poller);
    },
  },
  {
    id: 'sources.2',
    title: 'every addition to an event is an edge, whether or not the count was read',
    promise:
      'An edge registration of an event reports each addition to its count, read or unread, and is silent between them.',
    needs: ['edge'],
    run({ open, expect }) {
      const poller = open.poller();
      const fd = open.event();
      poller.add(fd, EDGE | READABLE);
      expect.none(poller);
      for (let count = 1; count <= 5; count++) {
        sys.addToEvent(fd, 1);
        expect.edge(poller, fd, READABLE);
      }
      expect.equal(sys.readEvent(fd), 5, 'count');
      expect.none(poller);
      sys.addToEvent(fd, 7);
      expect.edge(poller, fd, READABLE);
      expect.equal(sys.readEvent(fd), 7, 'count');
      expect.none(poller);
    },
  },
  {
    id: 'sources.3',
    title: 'add() and modify() of an edge registration report an event whose count is not 0',
    promise:
      'An event whose count is not 0 is reported after add() and after each modify() of an edge registration, once.',
    needs: ['edge'],
    run({ open, expect }) {
      const poller = open.poller();
      const fd = open.event(3);
      poller.add(fd, EDGE | READABLE);
      for (let round = 0; round < 3; round++) {
        expect.events(poller, [fd, READABLE]);
        expect.none(poller);
        poller.modify(fd, EDGE | READABLE);
      }
      expect.events(poller, [fd, READABLE]);
      expect.equal(sys.readEvent(fd), 3, 'count');
      poller.modify(fd, EDGE | READABLE);
      expect.none(poller);
    },
  },
  {
    id: 'sources.4',
    title: 'a oneshot registration of an event reports one addition until modify()',
    promise:
      'A oneshot registration of an event is reported once. modify() re-arms it, and reports a count that was not read.',
    needs: ['oneshot'],
    run({ open, expect }) {
      const poller = open.poller();
      const fd = open.event();
      poller.add(fd, ONESHOT | READABLE);
      for (let round = 0; round < 3; round++) {
        expect.none(poller);
        sys.addToEvent(fd, 1);
        expect.events(poller, [fd, READABLE]);
        sys.addToEvent(fd, 1);
        expect.none(poller);
        poller.modify(fd, ONESHOT | READABLE);
        expect.events(poller, [fd, READABLE]);
        expect.none(poller);
        expect.equal(sys.readEvent(fd), 2, 'count');
        poller.modify(fd, ONESHOT | READABLE);
      }
    },
  },
  {
    id: 'sources.5',
    title: 'a blocked wait returns when another thread adds to an event',
    promise: 'A wait that blocks returns when another thread adds to the count of a registered event, in every mode.',
    needs: ['workers'],
    async run({ open, expect, environment, threads }) {
      for (const { mode } of modesOf(environment.capabilities)) {
        const poller = open.poller();
        const fd = open.event();
        poller.add(fd, mode | READABLE, mode);
        expect.none(poller);
        const adding = threads.start({ do: 'sleep', ms: 2 }, { do: 'addToEvent', fd });
        expect.batch(poller.wait(), [[fd, READABLE, mode]]);
        await adding.done();
        expect.equal(sys.readEvent(fd), 1, 'count');
      }
    },
  },
  {
    id: 'sources.6',
    title: 'duplicates of a source are reported each under its own number',
    promise:
      'A source that is registered under two numbers is reported under both while it is ready. A read through one number ends the readiness of both, and after remove() of one the other is still reported.',
    needs: [],
    run({ open, expect, close }) {
      const poller = open.poller();
      const fd = open.event();
      const other = open.dup(fd);
      poller.add(fd, READABLE, 'first');
      poller.add(other, READABLE, 'second');
      expect.none(poller);
      sys.addToEvent(other, 2);
      for (let wait = 0; wait < 2; wait++) expect.events(poller, [fd, READABLE, 'first'], [other, READABLE, 'second']);
      expect.equal(sys.readEvent(fd), 2, 'count');
      expect.none(poller);
      poller.remove(fd);
      close(fd);
      sys.addToEvent(other, 1);
      expect.events(poller, [other, READABLE, 'second']);
      expect.equal(sys.readEvent(other), 1, 'count');
      expect.none(poller);
    },
  },
  {
    id: 'sources.7',
    title: 'a source that was removed or closed is not reported, and its number can be registered again',
    promise:
      'A source is not reported after remove(), and not after close() of its only descriptor. A source that gets the same number is a new registration.',
    needs: [],
    run(context) {
      const { open, expect, each, environment, close } = context;
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const removed = open.event(1);
        const closed = open.event(1);
        settled(context, removed, closed);
        poller.add(removed, mode | READABLE, 'former');
        poller.add(closed, mode | READABLE, 'former');
        expect.events(poller, [removed, READABLE, 'former'], [closed, READABLE, 'former']);
        poller.remove(removed);
        close(closed);
        sys.addToEvent(removed, 1);
        expect.none(poller);
        open.reuse(closed, open.event());
        poller.add(closed, mode | READABLE, 'new');
        poller.add(removed, mode | READABLE, 'new');
        expect.held(poller, mode, [removed, READABLE, 'new']);
        sys.readEvent(removed);
        sys.addToEvent(closed, 1);
        expect.events(poller, [closed, READABLE, 'new']);
      });
    },
  },
  {
    id: 'sources.8',
    title: 'sources and other descriptors are reported in one batch',
    promise: 'One batch reports events, timers and other descriptors that are ready, each once and with its own data.',
    needs: [],
    run(context) {
      const { open, expect } = context;
      const poller = open.poller();
      const channel = open.channel();
      for (const fd of [channel.reader, open.event(), open.timer()]) poller.add(fd, READABLE, `data ${fd}`);
      expect.none(poller);
      const [event, timer] = [open.event(1), open.timer()];
      sys.setTimer(timer, { afterMs: 0 });
      settled(context, timer, event);
      for (const fd of [event, timer]) poller.add(fd, READABLE, `data ${fd}`);
      channel.send();
      const ready = [channel.reader, event, timer].map((fd) => [fd, READABLE, `data ${fd}`] as const);
      expect.events(poller, ...ready);
      channel.drain();
      expect.events(poller, ...ready.slice(1));
      sys.readEvent(event);
      expect.equal(sys.readTimer(timer), 1, 'expirations');
      expect.none(poller);
    },
  },
  {
    id: 'sources.9',
    title: 'a source of an inner poller makes the inner poller READABLE to the outer one',
    promise: 'A poller that watches a source is READABLE to another poller while the source is ready.',
    needs: ['nested'],
    run({ open, expect }) {
      const [inner, outer] = [open.poller(), open.poller()];
      const fd = open.event();
      inner.add(fd, READABLE);
      outer.add(inner.fd, READABLE);
      for (let round = 0; round < 3; round++) {
        expect.none(outer);
        sys.addToEvent(fd, 1);
        for (let wait = 0; wait < 2; wait++) expect.events(outer, [inner.fd, READABLE]);
        expect.events(inner, [fd, READABLE]);
        sys.readEvent(fd);
        expect.none(inner);
      }
      expect.none(outer);
    },
  },
];

import { EDGE, EXCLUSIVE, HANGUP, ONESHOT, READABLE, WRITABLE } from '../../interest.js';
import type { Clause } from '../kit/clause.js';
import type { Context } from '../kit/context.js';
import { modesOf } from '../kit/modes.js';
import { type Kind, KINDS } from '../kit/kinds.js';
import { send } from '../kit/transfer.js';

/** modify() from every mode to `mode`, on a ready descriptor. */
function becomes(mode: number, kinds: readonly Kind[] = KINDS): Clause['run'] {
  return ({ open, expect, each, environment }: Context) => {
    for (const from of modesOf(environment.capabilities)) {
      each(
        kinds.map((kind) => [from, kind] as const),
        ([, kind]) => {
          const poller = open.poller();
          const channel = open.channel(kind);
          channel.send();
          poller.add(channel.reader, from.mode | READABLE);
          expect.events(poller, [channel.reader, READABLE]);
          poller.modify(channel.reader, mode | READABLE);
          expect.held(poller, mode, [channel.reader, READABLE]);
          if ((mode & ONESHOT) !== 0) {
            channel.send();
            expect.none(poller);
          }
        },
      );
    }
  };
}

export const modifyClauses: readonly Clause[] = [
  {
    id: 'modify.1',
    title: 'a bit that modify() removes from the interest is no longer reported',
    promise:
      'modify() replaces the interest. A bit that the new interest lacks is not reported, even if the descriptor is ready for it.',
    needs: [],
    run({ open, expect, each, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const [a, b] = open.stream();
        send(b);
        poller.add(a, mode | READABLE | WRITABLE);
        poller.modify(a, mode | WRITABLE);
        expect.held(poller, mode, [a, WRITABLE]);
        poller.modify(a, mode | READABLE);
        expect.held(poller, mode, [a, READABLE]);
      });
    },
  },
  {
    id: 'modify.2',
    title: 'a bit that modify() adds to the interest is reported at once if it is ready',
    promise: 'When modify() adds a bit to the interest and the descriptor is ready for it, the next wait reports it.',
    needs: [],
    run({ open, expect, each, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const [a, b] = open.stream();
        poller.add(a, mode | READABLE);
        expect.none(poller);
        poller.modify(a, mode | READABLE | WRITABLE);
        expect.held(poller, mode, [a, WRITABLE]);
        send(b);
        poller.modify(a, mode | READABLE | WRITABLE);
        expect.held(poller, mode, [a, READABLE | WRITABLE]);
      });
    },
  },
  {
    id: 'modify.3',
    title: 'modify() without data keeps the data of the registration',
    promise: 'modify() keeps the data of the registration when data is omitted or undefined.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const reader = open.readyPipe();
      poller.add(reader, READABLE, 'kept');
      poller.modify(reader, READABLE);
      expect.events(poller, [reader, READABLE, 'kept']);
      poller.modify(reader, READABLE, undefined);
      expect.events(poller, [reader, READABLE, 'kept']);
    },
  },
  {
    id: 'modify.4',
    title: 'modify() with data replaces the data, also for a pending event',
    promise:
      'modify() with data replaces the data of the registration. An event that is ready but not yet delivered carries the new data.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const reader = open.readyPipe();
      poller.add(reader, READABLE, 'first');
      poller.modify(reader, READABLE, 'second');
      expect.events(poller, [reader, READABLE, 'second']);
      poller.modify(reader, READABLE, 0);
      expect.events(poller, [reader, READABLE, 0]);
    },
  },
  {
    id: 'modify.5',
    title: 'modify() of a descriptor that is not registered fails with ENOENT',
    promise: 'modify() of an open descriptor that is not registered fails with ENOENT and registers nothing.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const reader = open.readyPipe();
      expect.fails(() => poller.modify(reader, READABLE), 'ENOENT');
      poller.add(reader, READABLE);
      poller.remove(reader);
      expect.fails(() => poller.modify(reader, READABLE), 'ENOENT');
      expect.equal([poller.size, poller.has(reader)], [0, false], 'size, has()');
      expect.none(poller);
    },
  },
  {
    id: 'modify.6',
    title: 'modify() of a number that is not open fails with EBADF',
    promise: 'modify() of a number that is not open and was never registered fails with EBADF.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const fd = open.unusedNumber();
      expect.fails(() => poller.modify(fd, READABLE), 'EBADF');
      expect.equal([poller.size, poller.has(fd)], [0, false], 'size, has()');
    },
  },
  {
    id: 'modify.7',
    title: 'modify() with an unchanged interest re-arms the registration in every mode',
    promise:
      'modify() always re-arms. A descriptor that is ready is reported again, even if its interest and mode are unchanged.',
    needs: [],
    run({ open, expect, each, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const reader = open.readyPipe();
        poller.add(reader, mode | READABLE);
        expect.held(poller, mode, [reader, READABLE]);
        for (let round = 0; round < 3; round++) {
          poller.modify(reader, mode | READABLE);
          expect.held(poller, mode, [reader, READABLE]);
        }
      });
    },
  },
  {
    id: 'modify.8',
    title: 'modify() makes a level registration out of any mode',
    promise:
      'A registration that modify() changes to level is reported by every wait while it is ready, whatever its mode was before.',
    needs: [],
    run: becomes(0),
  },
  {
    id: 'modify.9',
    title: 'modify() makes an edge registration out of any mode',
    promise:
      'A ready registration that modify() changes to edge is reported once and then not again, whatever its mode was before.',
    needs: ['edge'],
    run: becomes(EDGE),
  },
  {
    id: 'modify.10',
    title: 'modify() makes a oneshot registration out of any mode',
    promise:
      'A ready registration that modify() changes to oneshot is reported once and then disarmed, whatever its mode was before.',
    needs: ['oneshot'],
    run: becomes(ONESHOT),
  },
  {
    id: 'modify.11',
    title: 'modify() makes an edge-oneshot registration out of any mode',
    promise:
      'A ready registration that modify() changes to edge and oneshot is reported once and then disarmed, whatever its mode was before.',
    needs: ['edge', 'oneshot'],
    run: becomes(EDGE | ONESHOT),
  },
  {
    id: 'modify.12',
    title: 'modify() of an idle descriptor reports nothing, and the new mode applies later',
    promise:
      'modify() of a descriptor that is not ready causes no event. The new mode applies when the descriptor becomes ready.',
    needs: [],
    run({ open, expect, each, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const [reader, writer] = open.pipe();
        poller.add(reader, READABLE);
        poller.modify(reader, mode | READABLE);
        expect.none(poller);
        send(writer);
        expect.held(poller, mode, [reader, READABLE]);
      });
    },
  },
  {
    id: 'modify.13',
    title: 'a failed modify() leaves the registration as it is',
    promise: 'When modify() fails, the interest, mode and data of the registration stay as they are.',
    needs: ['javascript'],
    run({ open, expect, each }) {
      each([HANGUP, 0x40, EXCLUSIVE | READABLE, NaN], (interest) => {
        const poller = open.poller();
        const [a, b] = open.stream();
        poller.add(a, READABLE, 'first');
        expect.refuses(() => poller.modify(a, interest, 'second'), RangeError, 'ERR_OUT_OF_RANGE');
        expect.none(poller);
        send(b);
        expect.events(poller, [a, READABLE, 'first']);
        expect.equal(poller.size, 1, 'size');
      });
    },
  },
  {
    id: 'modify.14',
    title: 'modify() with arguments of the wrong type or range throws',
    promise:
      'modify() throws ERR_INVALID_ARG_TYPE when the descriptor or interest is no number, and ERR_OUT_OF_RANGE when the number cannot be a descriptor.',
    needs: ['javascript'],
    run({ open, expect, each }) {
      const poller = open.poller();
      const reader = open.readyPipe();
      poller.add(reader, READABLE);
      each([undefined, null, '1', 1n, {}], (value) => {
        expect.refuses(() => poller.modify(value as number, READABLE), TypeError, 'ERR_INVALID_ARG_TYPE');
        expect.refuses(() => poller.modify(reader, value as number), TypeError, 'ERR_INVALID_ARG_TYPE');
      });
      each([-1, 0.5, NaN, 2 ** 31], (fd) => {
        expect.refuses(() => poller.modify(fd, READABLE), RangeError, 'ERR_OUT_OF_RANGE');
      });
      expect.events(poller, [reader, READABLE]);
    },
  },
  {
    id: 'modify.15',
    title: 'modify() leaves the events of the current batch valid',
    promise: 'modify() does not make an event of the current batch stale, because the registration is still the same.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const reader = open.readyPipe();
      poller.add(reader, READABLE, 'data');
      const batch = poller.wait(0);
      poller.modify(reader, READABLE | WRITABLE);
      expect.batch(batch, [[reader, READABLE, 'data']]);
    },
  },
  {
    id: 'modify.16',
    title: 'modify() of one registration leaves the others as they are',
    promise: 'modify() of one registration does not change any other registration.',
    needs: ['edge'],
    run({ open, expect }) {
      const poller = open.poller();
      const [a, b, c] = [open.readyPipe(), open.readyPipe(), open.readyPipe()];
      poller.add(a, READABLE, 'a');
      poller.add(b, EDGE | READABLE, 'b');
      poller.add(c, READABLE, 'c');
      expect.events(poller, [a, READABLE, 'a'], [b, READABLE, 'b'], [c, READABLE, 'c']);
      poller.modify(c, 0);
      expect.events(poller, [a, READABLE, 'a']);
      poller.modify(c, EDGE | READABLE);
      expect.events(poller, [a, READABLE, 'a'], [c, READABLE, 'c']);
    },
  },
  {
    id: 'modify.17',
    title: 'a failed modify() does not re-arm a registration',
    promise: 'When modify() fails, a registration that has fired stays disarmed until a modify() succeeds.',
    needs: ['javascript'],
    run({ open, expect, each, environment }) {
      const refused: ReadonlyArray<readonly [unknown, ErrorConstructor, string]> = [
        ...[0x40, HANGUP, EXCLUSIVE | READABLE, NaN, -1].map(
          (interest) => [interest, RangeError, 'ERR_OUT_OF_RANGE'] as const,
        ),
        ...[undefined, '1'].map((interest) => [interest, TypeError, 'ERR_INVALID_ARG_TYPE'] as const),
      ];
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const reader = open.readyPipe();
        poller.add(reader, mode | READABLE, 'first');
        expect.held(poller, mode, [reader, READABLE, 'first']);
        for (const [interest, type, code] of refused) {
          expect.refuses(() => poller.modify(reader, interest as number, 'second'), type, code);
          if (mode === 0) expect.events(poller, [reader, READABLE, 'first']);
          else expect.none(poller);
        }
        poller.modify(reader, mode | READABLE);
        expect.held(poller, mode, [reader, READABLE, 'first']);
      });
    },
  },
];

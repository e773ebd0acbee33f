import { EDGE, EXCLUSIVE, HANGUP, ONESHOT, READABLE, WRITABLE } from '../../interest.js';
import type { Clause } from '../kit/clause.js';
import type { Context } from '../kit/context.js';
import { modesOf } from '../kit/modes.js';
import { type Kind, KINDS } from '../kit/kinds.js';
import { send } from '../kit/transfer.js';

/** From every mode to `mode`, on a ready descriptor: the new mode is what is seen. */
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
    title: 'interest that is taken away is not reported',
    promise: 'modify() replaces the interest: what is no longer asked for is not reported, ready as it may be.',
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
    title: 'interest that is added is reported at once if it is ready',
    promise: 'modify() that widens the interest reports what is ready of it by the next wait.',
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
    title: 'data is kept where none is given',
    promise: 'modify() without data, or with undefined, keeps the data of the registration.',
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
    title: 'data that is given replaces the old, for pending events too',
    promise: 'modify() with data replaces the data, also of an event that is ready but has not been delivered.',
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
    title: 'what is not registered is ENOENT',
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
    title: 'a number that is not open is EBADF',
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
    title: 'modify() with the same interest re-arms, in every mode',
    promise: 'modify() always re-arms: what is ready is reported again, though interest and mode are what they were.',
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
    title: 'any mode becomes level',
    promise: 'A registration that modify() makes level is reported by every wait from then on, whatever it was before.',
    needs: [],
    run: becomes(0),
  },
  {
    id: 'modify.9',
    title: 'any mode becomes edge',
    promise:
      'A ready registration that modify() makes edge is reported once and is then silent, whatever it was before.',
    needs: ['edge'],
    run: becomes(EDGE),
  },
  {
    id: 'modify.10',
    title: 'any mode becomes oneshot',
    promise:
      'A ready registration that modify() makes oneshot is reported once and is then disarmed, whatever it was before.',
    needs: ['oneshot'],
    run: becomes(ONESHOT),
  },
  {
    id: 'modify.11',
    title: 'any mode becomes edge-oneshot',
    promise:
      'A ready registration that modify() makes edge and oneshot is reported once and is then disarmed, whatever it was before.',
    needs: ['edge', 'oneshot'],
    run: becomes(EDGE | ONESHOT),
  },
  {
    id: 'modify.12',
    title: 'a change of an idle registration reports nothing, and holds',
    promise:
      'modify() of a descriptor that is not ready delivers nothing, and the new mode counts when it becomes ready.',
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
    title: 'a failed modify() changes nothing',
    promise: 'A modify() that is refused leaves interest, mode and data as they were.',
    needs: [],
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
    title: 'arguments of the wrong type are TypeErrors',
    promise:
      'modify() refuses a descriptor or interest of the wrong type with ERR_INVALID_ARG_TYPE, and a number that is no descriptor with ERR_OUT_OF_RANGE.',
    needs: [],
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
    title: 'an event that was delivered stays valid',
    promise: 'modify() does not make the events of the current batch stale: the registration is the same.',
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
    title: 'the others are left alone',
    promise: 'modify() of one registration changes nothing about any other.',
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
    title: 'a refused modify() does not re-arm',
    promise: 'A modify() that is refused re-arms nothing: what has fired stays silent until one that succeeds.',
    needs: [],
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

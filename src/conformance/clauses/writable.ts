import { EDGE, ONESHOT, READABLE, WRITABLE } from '../../interest.js';
import * as sys from '../../sys.js';
import type { Clause } from '../kit/clause.js';
import { gateOf, type Environment } from '../kit/needs.js';
import { type Kind, KINDS } from '../kit/kinds.js';
import { fill, relieve, send } from '../kit/transfer.js';

/** The kinds whose writers can be filled. */
const FILLABLE: readonly Kind[] = ['pipe', 'FIFO', 'unix stream', 'TCP'];

/** The kinds whose writer the poller accepts. */
function waitable(kinds: readonly Kind[], environment: Environment): readonly Kind[] {
  return gateOf(['fifoWriters'], environment) === undefined ? kinds : kinds.filter((kind) => kind !== 'FIFO');
}

export const writableClauses: readonly Clause[] = [
  {
    id: 'writable.1',
    title: 'every wait reports room to write to a level registration',
    promise:
      'A descriptor that can be written to is WRITABLE at once, and a level registration reports it at every wait.',
    needs: [],
    run({ open, expect, each, environment }) {
      each(waitable(KINDS, environment), (kind) => {
        const poller = open.poller();
        const { writer } = open.channel(kind);
        poller.add(writer, WRITABLE);
        for (let round = 0; round < 3; round++) expect.events(poller, [writer, WRITABLE]);
      });
    },
  },
  {
    id: 'writable.2',
    title: 'a full descriptor is not WRITABLE',
    promise: 'A descriptor is not WRITABLE while a write to it would return WOULD_BLOCK.',
    needs: [],
    run({ open, expect, each, environment }) {
      each(waitable(FILLABLE, environment), (kind) => {
        const poller = open.poller();
        const [, writer] = open.pair(kind);
        poller.add(writer, WRITABLE);
        expect.events(poller, [writer, WRITABLE]);
        fill(writer, kind);
        expect.none(poller);
        expect.none(poller);
      });
    },
  },
  {
    id: 'writable.3',
    title: 'a full descriptor is WRITABLE again after the other end has read',
    promise: 'A full descriptor becomes WRITABLE when the other end has read all data.',
    needs: [],
    run({ open, expect, each, environment }) {
      each(waitable(FILLABLE, environment), (kind) => {
        const poller = open.poller();
        const [reader, writer] = open.pair(kind);
        fill(writer, kind);
        poller.add(writer, WRITABLE);
        expect.none(poller);
        relieve(reader, kind);
        expect.events(poller, [writer, WRITABLE]);
        expect.ok(sys.write(writer, Buffer.from('x')) === 1, 'a write to a WRITABLE descriptor took nothing');
      });
    },
  },
  {
    id: 'writable.4',
    title: 'an edge registration reports room to write when it appears',
    promise:
      'An edge registration reports room at add(), nothing while the descriptor is full, and room when it appears again.',
    needs: ['edge'],
    run({ open, expect, each, environment }) {
      each(waitable(FILLABLE, environment), (kind) => {
        const poller = open.poller();
        const [reader, writer] = open.pair(kind);
        poller.add(writer, EDGE | WRITABLE);
        expect.edge(poller, writer, WRITABLE);
        fill(writer, kind);
        expect.extraEdges(poller, writer, 0);
        relieve(reader, kind);
        expect.edge(poller, writer, WRITABLE);
      });
    },
  },
  {
    id: 'writable.5',
    title: 'room that is filled before the wait is not reported',
    promise: 'WRITABLE is the state at the time of the wait, also for an edge registration.',
    needs: ['edge'],
    run({ open, expect, each, environment }) {
      each(waitable(FILLABLE, environment), (kind) => {
        const poller = open.poller();
        const [, writer] = open.pair(kind);
        poller.add(writer, EDGE | WRITABLE);
        fill(writer, kind);
        expect.none(poller);
      });
    },
  },
  {
    id: 'writable.6',
    title: 'a full descriptor with data to read is READABLE and not WRITABLE',
    promise: 'Data that comes to a full descriptor is reported as READABLE without WRITABLE.',
    needs: [],
    run({ open, expect, each }) {
      each(['unix stream', 'TCP'] as const, (kind) => {
        const poller = open.poller();
        const [a, b] = open.pair(kind);
        fill(a, kind);
        poller.add(a, READABLE | WRITABLE);
        expect.none(poller);
        send(b);
        expect.events(poller, [a, READABLE]);
        relieve(b, kind);
        expect.events(poller, [a, READABLE | WRITABLE]);
      });
    },
  },
  {
    id: 'writable.7',
    title: 'a oneshot registration reports room to write once',
    promise: 'A oneshot registration reports room once. After modify() it reports room once more if there is some.',
    needs: ['oneshot'],
    run({ open, expect }) {
      const poller = open.poller();
      const [reader, writer] = open.pipe();
      poller.add(writer, ONESHOT | WRITABLE);
      expect.events(poller, [writer, WRITABLE]);
      expect.none(poller);
      fill(writer, 'pipe');
      poller.modify(writer, ONESHOT | WRITABLE);
      expect.none(poller);
      relieve(reader, 'pipe');
      expect.events(poller, [writer, WRITABLE]);
      expect.none(poller);
    },
  },
  {
    id: 'writable.8',
    title: 'a blocked wait returns when another thread makes room to write',
    promise: 'A wait that blocks returns when another thread reads from the other end of a full descriptor.',
    needs: ['workers'],
    async run({ open, expect, threads }) {
      const poller = open.poller();
      const [reader, writer] = open.stream();
      fill(writer, 'unix stream');
      poller.add(writer, WRITABLE);
      expect.none(poller);
      const draining = threads.start({ do: 'sleep', ms: 2 }, { do: 'drain', fd: reader });
      expect.batch(poller.wait(), [[writer, WRITABLE]]);
      await draining.done();
    },
  },
];

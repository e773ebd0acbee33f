import { EDGE, HANGUP, ONESHOT, READABLE, READ_CLOSED, WRITABLE } from '../../interest.js';
import type { Clause } from '../kit/clause.js';
import type { Need } from '../kit/needs.js';
import { KINDS } from '../kit/kinds.js';
import { send } from '../kit/transfer.js';

/** The clauses that oneshot has in common with edge-oneshot, of the group `group`. */
function clausesOf(group: string, mode: number, needs: readonly Need[]): Clause[] {
  return [
    {
      id: `${group}.1`,
      title: 'one event, then silence until modify()',
      promise:
        'A registration of this mode is reported once; then it is disarmed, whatever is unread and whatever comes, until modify().',
      needs,
      run({ open, expect, each }) {
        each(KINDS, (kind) => {
          const poller = open.poller();
          const channel = open.channel(kind);
          poller.add(channel.reader, mode | READABLE);
          expect.none(poller);
          channel.send();
          expect.events(poller, [channel.reader, READABLE]);
          expect.none(poller);
          channel.send();
          expect.none(poller);
          channel.drain();
          channel.send();
          expect.none(poller);
        });
      },
    },
    {
      id: `${group}.2`,
      title: 're-armed, it reports what is ready',
      promise: 'modify() re-arms a registration that has fired: what is unread is reported by the next wait, once.',
      needs,
      run({ open, expect, each }) {
        each(KINDS, (kind) => {
          const poller = open.poller();
          const channel = open.channel(kind);
          channel.send();
          poller.add(channel.reader, mode | READABLE);
          for (let round = 0; round < 3; round++) {
            expect.events(poller, [channel.reader, READABLE]);
            expect.none(poller);
            poller.modify(channel.reader, mode | READABLE);
          }
          expect.events(poller, [channel.reader, READABLE]);
        });
      },
    },
    {
      id: `${group}.3`,
      title: 're-armed when nothing is ready, it reports what comes',
      promise: 'A registration that is re-armed while its descriptor is drained is silent, and reports the next data.',
      needs,
      run({ open, expect, each }) {
        each(KINDS, (kind) => {
          const poller = open.poller();
          const channel = open.channel(kind);
          poller.add(channel.reader, mode | READABLE);
          for (let round = 0; round < 3; round++) {
            channel.send();
            expect.events(poller, [channel.reader, READABLE]);
            channel.drain();
            poller.modify(channel.reader, mode | READABLE);
            expect.none(poller);
          }
        });
      },
    },
    {
      id: `${group}.4`,
      title: 'modify() of an armed registration leaves one event',
      promise: 'Re-arming a registration that has not fired makes no event, and one is what it then reports.',
      needs,
      run({ open, expect }) {
        const poller = open.poller();
        const channel = open.channel();
        poller.add(channel.reader, mode | READABLE);
        for (let count = 0; count < 3; count++) poller.modify(channel.reader, mode | READABLE);
        expect.none(poller);
        channel.send();
        expect.events(poller, [channel.reader, READABLE]);
        expect.none(poller);
      },
    },
    {
      id: `${group}.5`,
      title: 'a fired registration stays registered',
      promise: 'A registration that has fired still counts: has() and size say so, add() is EEXIST, remove() succeeds.',
      needs,
      run({ open, expect }) {
        const poller = open.poller();
        const reader = open.readyPipe();
        poller.add(reader, mode | READABLE);
        expect.events(poller, [reader, READABLE]);
        expect.equal([poller.size, poller.has(reader)], [1, true], 'size, has()');
        expect.fails(() => poller.add(reader, mode | READABLE), 'EEXIST');
        expect.none(poller);
        poller.remove(reader);
        expect.equal([poller.size, poller.has(reader)], [0, false], 'size, has()');
        poller.add(reader, mode | READABLE);
        expect.events(poller, [reader, READABLE]);
      },
    },
    {
      id: `${group}.6`,
      title: 'an event of one direction disarms the other',
      promise:
        'One event disarms both directions: after WRITABLE fired, data that comes is not reported until modify().',
      needs,
      run({ open, expect }) {
        const poller = open.poller();
        const [a, b] = open.stream();
        poller.add(a, mode | READABLE | WRITABLE);
        expect.events(poller, [a, WRITABLE]);
        send(b);
        expect.none(poller);
        expect.none(poller);
      },
    },
    {
      id: `${group}.7`,
      title: 'both directions that are ready are one event',
      promise: 'Where both directions are ready, the one event has both bits, and nothing follows it.',
      needs,
      run({ open, expect }) {
        const poller = open.poller();
        const [a, b] = open.stream();
        send(b);
        poller.add(a, mode | READABLE | WRITABLE);
        for (let round = 0; round < 3; round++) {
          expect.events(poller, [a, READABLE | WRITABLE]);
          expect.none(poller);
          poller.modify(a, mode | READABLE | WRITABLE);
        }
      },
    },
    {
      id: `${group}.8`,
      title: 'a hangup of a disarmed registration waits for modify()',
      promise: 'A disarmed registration does not report a hangup either; modify() does.',
      needs: [...needs, 'readClosed'],
      run({ open, expect, close }) {
        const poller = open.poller();
        const [a, b] = open.stream();
        send(b);
        poller.add(a, mode | READABLE);
        expect.events(poller, [a, READABLE]);
        close(b);
        expect.none(poller);
        expect.none(poller);
        poller.modify(a, mode | READABLE);
        expect.events(poller, [a, READABLE | READ_CLOSED | HANGUP]);
        expect.none(poller);
      },
    },
    {
      id: `${group}.9`,
      title: 'modify() without ONESHOT ends it',
      promise: 'A registration that modify() makes level is no longer disarmed by its events.',
      needs,
      run({ open, expect }) {
        const poller = open.poller();
        const reader = open.readyPipe();
        poller.add(reader, mode | READABLE);
        expect.events(poller, [reader, READABLE]);
        expect.none(poller);
        poller.modify(reader, READABLE);
        for (let round = 0; round < 3; round++) expect.events(poller, [reader, READABLE]);
      },
    },
    {
      id: `${group}.10`,
      title: 'it can be re-armed with other interest and data',
      promise: 'modify() re-arms a registration that has fired with the interest and data that it is given.',
      needs,
      run({ open, expect }) {
        const poller = open.poller();
        const [a, b] = open.stream();
        send(b);
        poller.add(a, mode | READABLE, 'first');
        expect.events(poller, [a, READABLE, 'first']);
        poller.modify(a, mode | WRITABLE, 'second');
        expect.events(poller, [a, WRITABLE, 'second']);
        expect.none(poller);
        poller.modify(a, mode | READABLE);
        expect.events(poller, [a, READABLE, 'second']);
        expect.none(poller);
      },
    },
  ];
}

const modeClauses: readonly Clause[] = [
  ...clausesOf('oneshot', ONESHOT, ['oneshot']),
  {
    id: 'oneshot.11',
    title: 'of many, those that fired are disarmed',
    promise: 'An event disarms its own registration and no other, also where a batch holds one event only.',
    needs: ['oneshot'],
    run({ open, expect }) {
      const poller = open.poller({ capacity: 1 });
      const readers = open.readyPipes(5);
      for (const fd of readers) poller.add(fd, ONESHOT | READABLE);
      const fired: number[] = [];
      for (let count = 0; count < readers.length; count++) {
        for (const event of poller.wait(0)) fired.push(event.fd);
      }
      expect.equal(
        fired.sort((a, b) => a - b),
        readers.sort((a, b) => a - b),
        'fired',
      );
      expect.none(poller);
    },
  },
  {
    id: 'oneshot.12',
    title: 're-arming inside the iteration takes effect with the next wait',
    promise:
      'A handler may re-arm its own descriptor: the current batch stays as it is, and the next wait reports what is ready.',
    needs: ['oneshot'],
    run({ open, expect }) {
      const poller = open.poller();
      const readers = open.readyPipes(3);
      for (const fd of readers) poller.add(fd, ONESHOT | READABLE);
      for (let round = 0; round < 3; round++) {
        const seen: number[] = [];
        for (const { fd } of poller.wait(0)) {
          seen.push(fd);
          poller.modify(fd, ONESHOT | READABLE);
        }
        expect.equal(
          seen.sort((a, b) => a - b),
          readers,
          'events',
        );
      }
    },
  },
  {
    id: 'oneshot.13',
    title: 'without the capability, asking for it is ERR_NOT_SUPPORTED',
    promise:
      'A poller that lacks the capability refuses ONESHOT in add() and modify() with ERR_NOT_SUPPORTED, and changes nothing.',
    needs: ['noOneshot'],
    run({ open, expect }) {
      const poller = open.poller();
      const reader = open.readyPipe();
      expect.refuses(() => poller.add(reader, ONESHOT | READABLE), Error, 'ERR_NOT_SUPPORTED');
      expect.equal([poller.size, poller.has(reader)], [0, false], 'size, has()');
      poller.add(reader, READABLE);
      expect.refuses(() => poller.modify(reader, ONESHOT | READABLE), Error, 'ERR_NOT_SUPPORTED');
      expect.held(poller, 0, [reader, READABLE]);
    },
  },
];

const edgeModeClauses: readonly Clause[] = [
  ...clausesOf('edge-oneshot', EDGE | ONESHOT, ['edge', 'oneshot']),
  {
    id: 'edge-oneshot.11',
    title: 'modify() to EDGE makes an edge registration of it',
    promise: 'A registration that modify() makes edge without oneshot reports each edge from then on.',
    needs: ['edge', 'oneshot'],
    run({ open, expect }) {
      const poller = open.poller();
      const channel = open.channel();
      channel.send();
      poller.add(channel.reader, EDGE | ONESHOT | READABLE);
      expect.events(poller, [channel.reader, READABLE]);
      poller.modify(channel.reader, EDGE | READABLE);
      expect.events(poller, [channel.reader, READABLE]);
      expect.none(poller);
      for (let round = 0; round < 3; round++) {
        channel.send();
        expect.edge(poller, channel.reader, READABLE);
      }
    },
  },
];

export const oneshotClauses: readonly Clause[] = [...modeClauses, ...edgeModeClauses];

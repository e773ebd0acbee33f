import { EDGE, HANGUP, ONESHOT, READABLE, READ_CLOSED, WRITABLE } from '../../interest.js';
import type { Clause } from '../kit/clause.js';
import type { Need } from '../kit/needs.js';
import { KINDS } from '../kit/kinds.js';
import { send } from '../kit/transfer.js';

/** The clauses of `group` that oneshot and edge-oneshot have in common. `flags` names the mode in their texts. */
function clausesOf(group: string, flags: string, mode: number, needs: readonly Need[]): Clause[] {
  return [
    {
      id: `${group}.1`,
      title: `a registration with ${flags} delivers one event until modify()`,
      promise: `A registration with ${flags} is reported once and is then disarmed until modify(), whatever is unread and whatever comes.`,
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
      title: `modify() re-arms a registration with ${flags} that is still ready`,
      promise: `modify() re-arms a registration with ${flags} that has fired. Unread data is then reported by the next wait, once.`,
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
      title: `modify() re-arms a registration with ${flags} that is drained`,
      promise: `A registration with ${flags} that is re-armed while its descriptor is drained reports nothing until new data comes.`,
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
      title: `modify() of an armed registration with ${flags} still delivers one event`,
      promise: `modify() of a registration with ${flags} that has not fired causes no event. The registration then delivers one event.`,
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
      title: `a registration with ${flags} that has fired is still registered`,
      promise: `A registration with ${flags} that has fired counts in has() and size, add() of its number fails with EEXIST, and remove() succeeds.`,
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
      title: `an event of one direction disarms both directions of a registration with ${flags}`,
      promise: `One event disarms both directions of a registration with ${flags}: after a WRITABLE event, new data is not reported until modify().`,
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
      title: `a registration with ${flags} reports both ready directions in one event`,
      promise: `When both directions are ready, a registration with ${flags} delivers one event with both bits, and no event follows.`,
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
      title: `a disarmed registration with ${flags} reports a hangup only after modify()`,
      promise: `A registration with ${flags} that has fired does not report a hangup until modify().`,
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
      title: `modify() to level ends ${flags}`,
      promise: `A registration with ${flags} that modify() changes to level is no longer disarmed by its events.`,
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
      title: `modify() re-arms a registration with ${flags} with other interest and data`,
      promise: `modify() re-arms a registration with ${flags} that has fired, with the interest and data that it is given.`,
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
  ...clausesOf('oneshot', 'ONESHOT', ONESHOT, ['oneshot']),
  {
    id: 'oneshot.11',
    title: 'an event disarms only its own oneshot registration',
    promise: 'An event disarms its own registration and no other, even if a batch holds one event only.',
    needs: ['oneshot', 'capacity'],
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
    title: 'modify() during an iteration re-arms a oneshot registration for the next wait',
    promise:
      'A handler may re-arm its own descriptor. The current batch stays as it is, and the next wait reports the descriptor if it is ready.',
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
    title: 'a poller without the capability refuses ONESHOT with ERR_NOT_SUPPORTED',
    promise:
      'A poller whose capabilities lack oneshot throws ERR_NOT_SUPPORTED when add() or modify() is given ONESHOT, and changes nothing.',
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
  ...clausesOf('edge-oneshot', 'EDGE and ONESHOT', EDGE | ONESHOT, ['edge', 'oneshot']),
  {
    id: 'edge-oneshot.11',
    title: 'modify() to EDGE alone ends ONESHOT',
    promise: 'A registration with EDGE and ONESHOT that modify() changes to EDGE alone reports every later edge.',
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

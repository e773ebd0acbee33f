import { EDGE, ONESHOT, PRIORITY, READABLE } from '../../interest.js';
import * as sys from '../../sys.js';
import type { Clause } from '../kit/clause.js';
import { modesOf } from '../kit/modes.js';
import { send, sendUrgent } from '../kit/transfer.js';
import { arrived } from '../kit/waiting.js';

/** Takes the byte that came out of band. */
function receiveUrgent(fd: number): number {
  return sys.recv(fd, Buffer.alloc(1), 0, 1, sys.MSG_OOB);
}

export const priorityClauses: readonly Clause[] = [
  {
    id: 'priority.1',
    title: 'urgent data is PRIORITY',
    promise: 'PRIORITY alone reports urgent data of a TCP connection, as PRIORITY and nothing else.',
    needs: ['priority'],
    run({ open, expect, each, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const [a, b] = open.tcp();
        poller.add(a, mode | PRIORITY);
        expect.none(poller);
        sendUrgent(b, a);
        expect.held(poller, mode, [a, PRIORITY]);
      });
    },
  },
  {
    id: 'priority.2',
    title: 'normal data is not PRIORITY',
    promise: 'PRIORITY alone is silent while only normal data waits.',
    needs: ['priority'],
    run({ open, expect, each, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const [a, b] = open.tcp();
        poller.add(a, mode | PRIORITY);
        send(b, 'abc');
        arrived(a, 3);
        expect.none(poller);
      });
    },
  },
  {
    id: 'priority.3',
    title: 'urgent and normal data are one event',
    promise: 'Where both were asked for and both are there, one event is READABLE and PRIORITY.',
    needs: ['priority'],
    run({ open, expect, each, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const [a, b] = open.tcp();
        send(b);
        arrived(a);
        sendUrgent(b, a);
        poller.add(a, mode | PRIORITY | READABLE);
        expect.held(poller, mode, [a, PRIORITY | READABLE]);
      });
    },
  },
  {
    id: 'priority.4',
    title: 'received, it is gone, and the next is reported',
    promise: 'Urgent data that was received with MSG_OOB is not reported any more, and the next is.',
    needs: ['priority'],
    run({ open, expect }) {
      const poller = open.poller();
      const [a, b] = open.tcp();
      poller.add(a, PRIORITY);
      for (let round = 0; round < 3; round++) {
        sendUrgent(b, a);
        expect.events(poller, [a, PRIORITY]);
        expect.equal(receiveUrgent(a), 1, 'bytes of urgent data');
        expect.none(poller);
      }
    },
  },
  {
    id: 'priority.5',
    title: 'the next urgent data is a new edge',
    promise: 'Urgent data that comes after other was received is an edge.',
    needs: ['priority', 'edge'],
    run({ open, expect }) {
      const poller = open.poller();
      const [a, b] = open.tcp();
      poller.add(a, EDGE | PRIORITY);
      for (let round = 0; round < 3; round++) {
        sendUrgent(b, a);
        expect.edge(poller, a, PRIORITY);
        expect.equal(receiveUrgent(a), 1, 'bytes of urgent data');
        expect.extraEdges(poller, a, 0);
      }
    },
  },
  {
    id: 'priority.6',
    title: 'a disarmed registration is silent until modify()',
    promise: 'A oneshot registration that has fired does not report further urgent data until modify().',
    needs: ['priority', 'oneshot'],
    run({ open, expect }) {
      const poller = open.poller();
      const [a, b] = open.tcp();
      poller.add(a, ONESHOT | PRIORITY | READABLE);
      send(b);
      expect.events(poller, [a, READABLE]);
      sendUrgent(b, a);
      expect.none(poller);
      poller.modify(a, ONESHOT | PRIORITY);
      expect.events(poller, [a, PRIORITY]);
      expect.none(poller);
    },
  },
  {
    id: 'priority.7',
    title: 'it is not reported where it was not asked for',
    promise: 'READABLE alone never reports PRIORITY, urgent data or not.',
    needs: ['priority'],
    run({ open, expect }) {
      const poller = open.poller();
      const [a, b] = open.tcp();
      poller.add(a, READABLE);
      sendUrgent(b, a);
      for (const { readiness } of poller.wait(0)) expect.equal(readiness & PRIORITY, 0, 'PRIORITY');
      send(b);
      expect.events(poller, [a, READABLE]);
    },
  },
  {
    id: 'priority.8',
    title: 'without the capability, asking for it is ERR_NOT_SUPPORTED',
    promise:
      'A poller that lacks the capability refuses PRIORITY in add() and modify() with ERR_NOT_SUPPORTED, and changes nothing.',
    needs: ['noPriority'],
    run({ open, expect }) {
      const poller = open.poller();
      const [a] = open.tcp();
      expect.refuses(() => poller.add(a, PRIORITY), Error, 'ERR_NOT_SUPPORTED');
      expect.equal([poller.size, poller.has(a)], [0, false], 'size, has()');
      poller.add(a, READABLE);
      expect.refuses(() => poller.modify(a, READABLE | PRIORITY), Error, 'ERR_NOT_SUPPORTED');
      expect.none(poller);
    },
  },
  {
    id: 'priority.9',
    title: 'urgent data that follows unread data is an edge',
    promise:
      'Where both were asked for, urgent data that comes after data that was reported and not read is one more edge, with PRIORITY.',
    needs: ['priority', 'edge'],
    run({ open, expect }) {
      const poller = open.poller();
      const [a, b] = open.tcp();
      poller.add(a, EDGE | READABLE | PRIORITY);
      expect.none(poller);
      send(b);
      expect.edge(poller, a, READABLE);
      sendUrgent(b, a);
      expect.edge(poller, a, PRIORITY, READABLE);
    },
  },
];

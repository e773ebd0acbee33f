import { EDGE, ONESHOT, PRIORITY, READABLE } from '../../interest.js';
import * as sys from '../../sys.js';
import type { Clause } from '../kit/clause.js';
import { modesOf } from '../kit/modes.js';
import { send, sendUrgent } from '../kit/transfer.js';
import { arrived } from '../kit/waiting.js';

/** Receives the byte that was sent out of band. */
function receiveUrgent(fd: number): number {
  return sys.recv(fd, Buffer.alloc(1), 0, 1, sys.MSG_OOB);
}

export const priorityClauses: readonly Clause[] = [
  {
    id: 'priority.1',
    title: 'urgent data is reported as PRIORITY',
    promise: 'A registration for PRIORITY alone reports urgent data of a TCP connection as PRIORITY and no other bit.',
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
    title: 'normal data is not reported as PRIORITY',
    promise: 'A registration for PRIORITY alone reports nothing while only normal data waits.',
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
    title: 'urgent data and normal data are one event',
    promise:
      'A registration for READABLE and PRIORITY reports both bits in one event when normal and urgent data wait.',
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
    title: 'urgent data is not reported after it was received',
    promise: 'Urgent data that was received with MSG_OOB is no longer reported. The next urgent data is reported.',
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
    promise: 'An edge registration reports urgent data that comes after earlier urgent data was received.',
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
    title: 'a disarmed oneshot registration reports urgent data only after modify()',
    promise: 'A oneshot registration that has fired does not report urgent data until modify().',
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
    title: 'a registration without PRIORITY does not report urgent data',
    promise: 'A registration for READABLE alone never reports PRIORITY.',
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
    title: 'a poller without the capability refuses PRIORITY with ERR_NOT_SUPPORTED',
    promise:
      'A poller whose capabilities lack priority throws ERR_NOT_SUPPORTED when add() or modify() is given PRIORITY, and changes nothing.',
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
    title: 'urgent data is an edge while normal data is unread',
    promise:
      'An edge registration for READABLE and PRIORITY reports urgent data with one more edge after normal data was reported and not read.',
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

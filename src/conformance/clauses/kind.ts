import { constants, existsSync } from 'node:fs';
import { EDGE, ONESHOT, READABLE, WRITABLE } from '../../interest.js';
import type { Clause } from '../kit/clause.js';
import type { Channel } from '../kit/channel.js';
import type { Context } from '../kit/context.js';
import { modesOf } from '../kit/modes.js';
import type { Need } from '../kit/needs.js';
import type { Kind } from '../kit/kinds.js';
import { receive, send } from '../kit/transfer.js';

/** In every mode: a descriptor that is idle, ready, drained and ready again. */
function lives(channelOf: (context: Context) => Channel): Clause['run'] {
  return (context) => {
    const { open, expect, each, environment } = context;
    each(modesOf(environment.capabilities), ({ mode }) => {
      const poller = open.poller();
      const channel = channelOf(context);
      poller.add(channel.reader, mode | READABLE, 'data');
      expect.none(poller);
      for (let round = 0; round < 3; round++) {
        channel.send();
        expect.held(poller, mode, [channel.reader, READABLE, 'data']);
        channel.drain();
        expect.none(poller);
        if ((mode & ONESHOT) !== 0) poller.modify(channel.reader, mode | READABLE);
        expect.none(poller);
      }
      poller.remove(channel.reader);
      channel.send();
      expect.none(poller);
    });
  };
}

function kindClause(id: string, kind: Kind, name: string, needs: readonly Need[] = []): Clause {
  return {
    id,
    title: `a ${name} is reported whenever it becomes readable, in every mode`,
    promise: `A ${name} is reported when it becomes readable and is not reported while it is drained, in every mode.`,
    needs,
    run: lives(({ open }) => open.channel(kind)),
  };
}

export const kindClauses: readonly Clause[] = [
  kindClause('kind.1', 'pipe', 'pipe'),
  kindClause('kind.2', 'FIFO', 'FIFO'),
  kindClause('kind.3', 'unix stream', 'unix stream socket'),
  kindClause('kind.4', 'unix seqpacket', 'unix seqpacket socket', ['seqpacket']),
  kindClause('kind.5', 'unix datagram', 'unix datagram socket'),
  kindClause('kind.6', 'TCP', 'TCP connection'),
  kindClause('kind.7', 'UDP', 'UDP socket'),
  {
    id: 'kind.8',
    title: 'a character device that is always ready is refused with EPERM',
    promise: 'add() of a device on which no call blocks, such as /dev/zero, fails with EPERM.',
    needs: ['linux'],
    run({ open, expect, each }) {
      each(['/dev/zero', '/dev/full', '/dev/urandom'].filter(existsSync), (path) => {
        const poller = open.poller();
        const fd = open.file(path);
        expect.fails(() => poller.add(fd, READABLE), 'EPERM');
        expect.equal(poller.size, 0, 'size');
      });
    },
  },
  {
    id: 'kind.9',
    title: 'a FIFO opened for reading and writing never hangs up',
    promise:
      'A FIFO that is opened for both directions reports data and never HANGUP, because the process itself is a writer.',
    needs: ['linux'],
    run({ open, expect, close }) {
      const poller = open.poller();
      const path = open.fifoPath();
      const fd = open.file(path, constants.O_RDWR | constants.O_NONBLOCK);
      poller.add(fd, READABLE);
      const writer = open.file(path, constants.O_WRONLY | constants.O_NONBLOCK);
      send(writer);
      close(writer);
      expect.events(poller, [fd, READABLE]);
      receive(fd);
      expect.none(poller);
    },
  },
  {
    id: 'kind.10',
    title: '/proc/self/mounts can be registered',
    promise: '/proc/self/mounts can be registered and is READABLE at once.',
    needs: ['epoll', 'procMounts'],
    run({ open, expect }) {
      const poller = open.poller();
      const fd = open.file('/proc/self/mounts');
      poller.add(fd, READABLE);
      expect.events(poller, [fd, READABLE]);
      poller.remove(fd);
      expect.none(poller);
    },
  },
  {
    id: 'kind.11',
    title: 'the master of an unopened pseudoterminal is WRITABLE',
    promise: 'The master of a pseudoterminal whose slave nobody has opened is WRITABLE, without HANGUP.',
    needs: ['linux', 'terminals'],
    run({ open, expect }) {
      const poller = open.poller();
      const master = open.file('/dev/ptmx', constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
      poller.add(master, READABLE | WRITABLE);
      expect.events(poller, [master, WRITABLE]);
      poller.modify(master, READABLE);
      expect.none(poller);
    },
  },
  {
    id: 'kind.12',
    title: 'descriptors of all kinds are reported in one batch',
    promise: 'A poller reports descriptors of different kinds in one batch, each with its own mode.',
    needs: ['edge', 'oneshot'],
    run({ open, expect }) {
      const poller = open.poller();
      const kinds: ReadonlyArray<readonly [Kind, number]> = [
        ['pipe', 0],
        ['FIFO', EDGE],
        ['unix stream', ONESHOT],
        ['unix datagram', 0],
        ['TCP', EDGE],
        ['UDP', ONESHOT],
      ];
      const channels = kinds.map(([kind, mode]) => ({ mode, channel: open.channel(kind) }));
      for (const { mode, channel } of channels) poller.add(channel.reader, mode | READABLE);
      expect.none(poller);
      for (const { channel } of channels) channel.send();
      expect.events(poller, ...channels.map(({ channel }) => [channel.reader, READABLE] as const));
      const level = channels.filter(({ mode }) => mode === 0);
      expect.events(poller, ...level.map(({ channel }) => [channel.reader, READABLE] as const));
    },
  },
];

import { constants } from 'node:fs';
import type { Fixtures, Pair } from '../conformance/kit/fixtures.js';
import * as sys from '../sys.js';
import type { LabKind } from './commands.js';

/** Opens two ends: the first is read, the second is written; of sockets and terminals both can be. */
export function pairOf(kind: Exclude<LabKind, 'listener'>, open: Fixtures): Pair {
  switch (kind) {
    case 'pipe':
      return open.pipe();
    case 'fifo':
      return open.fifo();
    case 'tcp':
      return open.tcp();
    case 'socketpair':
      return open.stream();
    case 'pty': {
      const { fd, path } = open.terminal();
      const other = open.file(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
      // Otherwise the terminal would change and echo what is written.
      sys.setTerminalSettings(other, { raw: true });
      return [fd, other];
    }
  }
}

/** Whether data goes from one end to the other only. */
export function isOneWay(kind: LabKind): boolean {
  return kind === 'pipe' || kind === 'fifo';
}

/** Which descriptors there are, in words. `isWriter`: the end that is written is watched. */
export function descriptionOf(kind: LabKind, isWriter: boolean): string {
  switch (kind) {
    case 'pipe':
    case 'fifo': {
      const [own, other] = isWriter ? ['write', 'read'] : ['read', 'write'];
      return `fd is the ${own} end of a ${kind === 'pipe' ? 'pipe' : 'FIFO'}, peer its ${other} end`;
    }
    case 'tcp':
      return 'fd and peer are the two ends of a TCP connection';
    case 'socketpair':
      return 'fd and peer are the two ends of a socket pair';
    case 'pty':
      return 'fd is the master of a pseudoterminal, peer its other side';
    case 'listener':
      return 'fd is a listening unix socket';
  }
}

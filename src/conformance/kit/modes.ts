import { EDGE, LEVEL, ONESHOT, PRIORITY, READABLE, READ_CLOSED, WRITABLE } from '../../interest.js';
import type { Capabilities } from '../../poller.js';

export interface Mode {
  readonly name: string;
  readonly mode: number;
}

export const MODES: readonly Mode[] = [
  { name: 'level', mode: LEVEL },
  { name: 'edge', mode: EDGE },
  { name: 'oneshot', mode: ONESHOT },
  { name: 'edge-oneshot', mode: EDGE | ONESHOT },
];

/** The modes that a poller has. */
export function modesOf({ edge, oneshot }: Capabilities): readonly Mode[] {
  return MODES.filter(({ mode }) => (edge || (mode & EDGE) === 0) && (oneshot || (mode & ONESHOT) === 0));
}

export interface Single {
  readonly name: string;
  /** One bit. */
  readonly interest: number;
  /** The bits that a registration for this interest reports beside HANGUP and ERROR when a connection is over. */
  readonly over: number;
}

const SINGLES: readonly Single[] = [
  { name: 'READABLE', interest: READABLE, over: READABLE | READ_CLOSED },
  { name: 'WRITABLE', interest: WRITABLE, over: WRITABLE },
  { name: 'READ_CLOSED', interest: READ_CLOSED, over: READ_CLOSED },
  { name: 'PRIORITY', interest: PRIORITY, over: 0 },
];

/** The single interests that a poller has. */
export function singleInterestsOf({ priority, readClosed }: Capabilities): readonly Single[] {
  return SINGLES.filter(
    ({ interest }) => (priority || interest !== PRIORITY) && (readClosed || interest !== READ_CLOSED),
  );
}

/** All pairs of an element of `first` and an element of `second`. */
export function product<A, B>(first: readonly A[], second: readonly B[]): Array<readonly [A, B]> {
  return first.flatMap((a) => second.map((b) => [a, b] as const));
}

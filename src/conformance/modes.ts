import { EDGE, LEVEL, ONESHOT } from '../interest.js';
import type { Capabilities } from '../poller.js';

export interface Mode {
  readonly name: string;
  readonly mode: number;
}

const ALL: readonly Mode[] = [
  { name: 'level', mode: LEVEL },
  { name: 'edge', mode: EDGE },
  { name: 'oneshot', mode: ONESHOT },
  { name: 'edge-oneshot', mode: EDGE | ONESHOT },
];

/** The modes that a poller has. */
export function modesOf({ edge, oneshot }: Capabilities): readonly Mode[] {
  return ALL.filter(({ mode }) => (edge || (mode & EDGE) === 0) && (oneshot || (mode & ONESHOT) === 0));
}

/** Every one of `first` with every one of `second`. */
export function product<A, B>(first: readonly A[], second: readonly B[]): Array<readonly [A, B]> {
  return first.flatMap((a) => second.map((b) => [a, b] as const));
}

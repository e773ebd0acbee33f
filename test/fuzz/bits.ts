import * as pollux from 'pollux';

const NAMES = [
  'READABLE',
  'WRITABLE',
  'PRIORITY',
  'READ_CLOSED',
  'HANGUP',
  'ERROR',
  'EDGE',
  'ONESHOT',
  'EXCLUSIVE',
] as const;

/** `READABLE | EDGE`: as a program writes it. */
export function describeBits(bits: number): string {
  const names = NAMES.filter((name) => (bits & pollux[name]) !== 0);
  return names.length === 0 ? '0' : names.join(' | ');
}

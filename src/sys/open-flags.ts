import { constants } from 'node:fs';
import { invalidType, invalidValue, outOfRange } from '../errors.js';

/** What a file is opened for, in the words of `node:fs`. */
export type OpenFlags =
  | 'r'
  | 'rs'
  | 'r+'
  | 'rs+'
  | 'w'
  | 'wx'
  | 'w+'
  | 'wx+'
  | 'a'
  | 'ax'
  | 'as'
  | 'a+'
  | 'ax+'
  | 'as+';

/** The numbers behind the words. What `node:fs` has not on this kernel is 0 there. */
function numbers(): Readonly<Record<OpenFlags, number>> {
  const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_SYNC } = constants;
  return {
    r: O_RDONLY,
    rs: O_RDONLY | O_SYNC,
    'r+': O_RDWR,
    'rs+': O_RDWR | O_SYNC,
    w: O_WRONLY | O_CREAT | O_TRUNC,
    wx: O_WRONLY | O_CREAT | O_TRUNC | O_EXCL,
    'w+': O_RDWR | O_CREAT | O_TRUNC,
    'wx+': O_RDWR | O_CREAT | O_TRUNC | O_EXCL,
    a: O_WRONLY | O_CREAT | O_APPEND,
    ax: O_WRONLY | O_CREAT | O_APPEND | O_EXCL,
    as: O_WRONLY | O_CREAT | O_APPEND | O_SYNC,
    'a+': O_RDWR | O_CREAT | O_APPEND,
    'ax+': O_RDWR | O_CREAT | O_APPEND | O_EXCL,
    'as+': O_RDWR | O_CREAT | O_APPEND | O_SYNC,
  };
}

/** The flags of open(2) that `flags` stands for. */
export function openFlags(flags: unknown): number {
  if (typeof flags === 'string') {
    const known = numbers();
    if (!Object.hasOwn(known, flags)) {
      const words = Object.keys(known);
      throw invalidValue('flags', `must be one of ${words.map((word) => `'${word}'`).join(', ')}`, flags, words);
    }
    return known[flags as OpenFlags];
  }
  if (typeof flags !== 'number') throw invalidType('flags', 'of type number or string', flags);
  if (!Number.isInteger(flags) || flags < 0 || flags > 0x7fffffff) {
    throw outOfRange('flags', 'must be a 31-bit integer', flags);
  }
  return flags;
}

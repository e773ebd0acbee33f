import { invalidType, invalidValue } from '../errors.js';

/** `path` as the addon takes it, with the NUL that ends it. Throws unless it is a string without one. */
export function pathBytes(path: unknown): Uint8Array {
  if (typeof path !== 'string') throw invalidType('path', 'of type string', path);
  if (path.includes('\0')) throw invalidValue('path', 'must not contain a NUL', path);
  return Buffer.from(`${path}\0`);
}

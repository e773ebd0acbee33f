import { invalidType, invalidValue, systemError, withFields, type SystemError } from '../errors.js';

/** `path` as the addon takes it, with the NUL that ends it. Throws unless it is a string without one. */
export function pathBytes(path: unknown): Uint8Array {
  if (typeof path !== 'string') throw invalidType('path', 'of type string', path);
  if (path.includes('\0')) throw invalidValue('path', 'must not contain a NUL', path);
  return Buffer.from(`${path}\0`);
}

/** What `call` returns; what it throws names `path`, as the errors of `node:fs` do. */
export function aboutPath(path: string, call: () => number): number {
  try {
    return call();
  } catch (error) {
    const { errno, syscall, fd } = error as Partial<SystemError>;
    if (errno === undefined) throw error;
    const named = systemError(errno, `${syscall} '${path}'`, -1);
    throw withFields(named, fd === undefined ? { syscall, path } : { syscall, path, fd });
  }
}

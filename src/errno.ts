import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

// Both maps are made for the first error: loading the package does not wait for them.
let described: ReadonlyMap<number, [name: string, description: string]> | undefined;
let numbered: ReadonlyMap<number, string> | undefined;

/** What the addon knows about the error numbers of its kernel. */
interface KernelErrors {
  describeError(errno: number): [name: string, text: string] | undefined;
}

let kernel: KernelErrors | undefined;

/** From now on `errors` describes the numbers that libuv does not know. */
export function describeErrorsBy(errors: KernelErrors): void {
  kernel = errors;
}

/** The name and meaning of a positive error number: libuv's, or else the kernel's. */
export function describeErrno(errno: number): [name: string, description: string] {
  const known = (described ??= getSystemErrorMap()).get(-errno);
  if (known !== undefined) return known;
  const named = kernel?.describeError(errno);
  // strerror(3) begins with a capital, the texts of libuv do not.
  if (named !== undefined) return [named[0], named[1].replace(/^[A-Z](?=[a-z ])/, (first) => first.toLowerCase())];
  numbered ??= new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));
  return [numbered.get(errno) ?? `${UNNAMED}${errno}`, `unknown error ${errno}`];
}

/** The beginning of the name of an error number that no header names. */
export const UNNAMED = 'UNKNOWN_';

const OF_REGISTRATIONS: Readonly<Record<string, string>> = {
  EPERM: 'a file of this kind cannot be waited for',
  EEXIST: 'registered already',
  ENOENT: 'not registered',
};

/** The meaning of `code` as an error of a registration; undefined where it means the same as elsewhere. */
export function meaningForRegistrations(code: string): string | undefined {
  return OF_REGISTRATIONS[code];
}

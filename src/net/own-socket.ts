import type { SocketFamily } from '../sys/address.js';
import { FAMILIES } from '../addon/sys-calls.js';
import { native } from '../addon/native.js';

/** A stream socket that is closed, if nobody has, when this thread ends: a worker that is terminated. */
export function ownSocket(family: SocketFamily): number {
  return native().ownSocket(FAMILIES[family]);
}

/** `fd` belongs to the caller from here on. */
export function disown(fd: number): number {
  native().disown(fd);
  return fd;
}

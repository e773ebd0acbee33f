import { sysBinding } from '../addon/binding.js';
import { checkInteger, checkOptions, type NamesOf } from '../arguments.js';
import { invalidType } from '../errors.js';
import { bytesOf, checkRange } from './buffers.js';

/** A socket option by the numbers of setsockopt(2). */
export interface OptionNumbers {
  /** SOL_SOCKET, IPPROTO_*, SOL_NETLINK, … of this kernel. */
  readonly level: number;
  readonly name: number;
}

export interface ReadOptionNumbers extends OptionNumbers {
  /** The most bytes that the kernel may write, 0 … 65536; 256 by default. */
  readonly length?: number | undefined;
}

const NAMES: NamesOf<OptionNumbers> = { level: true, name: true };
const READ_NAMES: NamesOf<ReadOptionNumbers> = { ...NAMES, length: true };

const USUAL_BYTES = 256;
const MOST_BYTES = 65536;
const LEAST_INT = -(2 ** 31);
const MOST_INT = 2 ** 31 - 1;
const MOST_UNSIGNED = 2 ** 32 - 1;

/** What the kernel writes for an option. */
export function readByNumber(fd: number, option: ReadOptionNumbers): Buffer {
  checkOptions(option, READ_NAMES, 'option');
  const { level, name, length = USUAL_BYTES } = option;
  checkNumbers(level, name);
  checkInteger(length, 'option.length', 0, MOST_BYTES);
  return sysBinding().getRawOption(fd, level, name, length);
}

/** Sets an option: a number or boolean is an int of C. */
export function writeByNumber(fd: number, option: OptionNumbers, value: boolean | number | ArrayBufferView): void {
  checkOptions(option, NAMES, 'option');
  const { level, name } = option;
  checkNumbers(level, name);
  const bytes = ArrayBuffer.isView(value) ? bytesOf(value, 'value') : intBytes(value);
  sysBinding().setRawOption(fd, level, name, bytes, 0, checkRange(bytes, 0, undefined));
}

/** An int of C. */
export function intBytes(value: unknown): Uint8Array {
  if (typeof value === 'boolean') return intBytes(value ? 1 : 0);
  if (typeof value !== 'number') throw invalidType('value', 'of type boolean or number or an ArrayBufferView', value);
  checkInteger(value, 'value', LEAST_INT, MOST_UNSIGNED);
  return new Uint8Array(Uint32Array.of(value).buffer);
}

function checkNumbers(level: unknown, name: unknown): void {
  checkInteger(level, 'option.level', LEAST_INT, MOST_INT);
  checkInteger(name, 'option.name', LEAST_INT, MOST_INT);
}

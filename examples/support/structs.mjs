// Structures of C, in the byte order of the machine: what the kernel reads and writes.
import { endianness } from 'node:os';

export const IS_LITTLE = endianness() === 'LE';

const SIZES = { b: 1, h: 2, i: 4, q: 8 };

/** `values` one behind the other, without gaps: b, h, i and q of `format` are 1, 2, 4 and 8 bytes. */
export function pack(format, ...values) {
  const sizes = [...format].map((letter) => SIZES[letter]);
  const view = new DataView(new ArrayBuffer(sizes.reduce((sum, size) => sum + size, 0)));
  let at = 0;
  for (const [index, size] of sizes.entries()) {
    const value = values[index];
    if (size === 1) view.setUint8(at, value);
    else if (size === 2) view.setUint16(at, value, IS_LITTLE);
    else if (size === 4) view.setUint32(at, value, IS_LITTLE);
    else view.setBigUint64(at, BigInt(value), IS_LITTLE);
    at += size;
  }
  return Buffer.from(view.buffer);
}

/** The same backwards: the values in `bytes` from `offset` on. */
export function unpack(format, bytes, offset = 0) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = offset;
  return [...format].map((letter) => {
    const size = SIZES[letter];
    at += size;
    if (size === 1) return view.getUint8(at - 1);
    if (size === 2) return view.getUint16(at - 2, IS_LITTLE);
    return size === 4 ? view.getUint32(at - 4, IS_LITTLE) : Number(view.getBigUint64(at - 8, IS_LITTLE));
  });
}

/** `text` with NULs up to `length` bytes. */
export function text(value, length) {
  const bytes = Buffer.alloc(length);
  bytes.write(value, 0, length - 1);
  return bytes;
}

/** The text in `bytes` up to its first NUL. */
export function textIn(bytes) {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

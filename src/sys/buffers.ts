import { types } from 'node:util';
import { invalidType, invalidValue, outOfRange } from '../errors.js';

/** The bytes of `view`, of whatever type it is. */
export function bytesOf(view: ArrayBufferView, name = 'buffer'): Uint8Array {
  if (view instanceof Uint8Array) return view;
  if (!ArrayBuffer.isView(view)) {
    throw invalidType(name, 'an ArrayBufferView (a typed array, Buffer or DataView)', view);
  }
  if (!hasMemory(view)) throw gone(name, view);
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/**
 * Throws unless `offset` and `length` are a range inside `bytes`. Returns the length; where it is undefined, that of
 * the rest.
 */
export function checkRange(bytes: Uint8Array, offset: number, length: number | undefined): number {
  const size = bytes.length;
  if (size === 0 && !hasMemory(bytes)) throw gone('buffer', bytes);
  if (typeof offset !== 'number') throw invalidType('offset', 'of type number', offset);
  if (!(offset >= 0 && offset <= size) || Math.trunc(offset) !== offset) {
    throw outOfRange('offset', `must be an integer >= 0 && <= ${size}`, offset);
  }
  const rest = size - offset;
  if (length === undefined) return rest;
  if (typeof length !== 'number') throw invalidType('length', 'of type number', length);
  if (!(length >= 0 && length <= rest) || Math.trunc(length) !== length) {
    throw outOfRange('length', `must be an integer >= 0 && <= ${rest}`, length);
  }
  return length;
}

/** The bytes of each of `views`, in an array of its own. */
export function bytesOfEach(views: readonly ArrayBufferView[]): Uint8Array[] {
  if (!Array.isArray(views)) throw invalidType('buffers', 'an array of ArrayBufferViews', views);
  const list: Uint8Array[] = [];
  for (let index = 0; index < views.length; index++) {
    const name = `buffers[${index}]`;
    const bytes = bytesOf(views[index]!, name);
    if (bytes.length === 0 && !hasMemory(bytes)) throw gone(name, bytes);
    list.push(bytes);
  }
  return list;
}

/** Whether `view` has its memory: a view that has lost it looks like an empty one. */
function hasMemory(view: ArrayBufferView): boolean {
  try {
    // ECMAScript: without memory, `byteLength` of a DataView throws, and so do the methods of a typed array.
    return view.byteLength > 0 || types.isDataView(view) || Uint8Array.prototype.indexOf.call(view, 0) === -1;
  } catch {
    return false;
  }
}

function gone(name: string, view: ArrayBufferView): TypeError {
  return invalidValue(name, 'must have its memory: it is detached, or has shrunk below the view', view);
}

/** `path` as the addon takes it: with a NUL at its end. Throws unless it is a string without a NUL. */
export function pathBytes(path: unknown): Uint8Array {
  if (typeof path !== 'string') throw invalidType('path', 'of type string', path);
  if (path.includes('\0')) throw invalidValue('path', 'must not contain a NUL', path);
  return Buffer.from(`${path}\0`);
}

import { FdStream } from 'pollux';
import type { OpenStream } from '../stream/run.js';

class LosesAByte extends FdStream {
  override push(chunk: Buffer | null): boolean {
    return super.push(chunk !== null && chunk.length > 1 ? chunk.subarray(1) : chunk);
  }
}

class EndsTwice extends FdStream {
  override push(chunk: Buffer | null): boolean {
    if (chunk === null) queueMicrotask(() => this.emit('end'));
    return super.push(chunk);
  }
}

class NeverHalfCloses extends FdStream {
  override _final(callback: (error?: Error | null) => void): void {
    callback();
  }
}

class ForgetsCallbacks extends FdStream {
  override _write(chunk: Uint8Array, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    super._write(chunk, encoding, chunk.length === 5000 ? () => {} : callback);
  }
}

class SwapsErrors extends FdStream {
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    super._destroy(error === null ? null : Object.assign(new Error('other'), { code: 'EOTHER' }), callback);
  }
}

class LeaksTheDescriptor extends FdStream {
  constructor(fd: number, options: { allowHalfOpen: boolean }) {
    super(fd, { ...options, ownsFd: false });
  }
}

class WritesTwice extends FdStream {
  override _write(chunk: Uint8Array, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    super._write(chunk.length === 100 ? Buffer.concat([chunk, chunk]) : chunk, encoding, callback);
  }
}

/** Streams with one fault each. */
export const PLANTED_STREAMS: Readonly<
  Record<string, new (fd: number, options: { allowHalfOpen: boolean }) => FdStream>
> = {
  'loses-a-byte': LosesAByte,
  'ends-twice': EndsTwice,
  'never-half-closes': NeverHalfCloses,
  'forgets-callbacks': ForgetsCallbacks,
  'swaps-errors': SwapsErrors,
  'leaks-the-descriptor': LeaksTheDescriptor,
  'writes-twice': WritesTwice,
};

export function plantedStream(name: string): OpenStream {
  const Planted = PLANTED_STREAMS[name];
  if (Planted === undefined) throw new Error(`no fault is called ${name}`);
  return (fd, allowHalfOpen) => new Planted(fd, { allowHalfOpen });
}

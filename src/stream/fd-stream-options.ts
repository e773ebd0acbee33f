import type { DuplexOptions } from 'node:stream';
import { checkInteger, checkOptions as checkNames, checkSignal, type NamesOf } from '../arguments.js';
import { invalidType, invalidValue } from '../errors.js';
import { checkReactor, defaultReactor } from '../reactor/default-reactor.js';
import type { DescriptorTraits } from './descriptor-traits.js';
import { DEFAULT_READ_BYTES } from './descriptor-read.js';
import type { Reactor } from '../reactor/reactor.js';

export interface FdStreamOptions {
  /** The reactor to wait with; the thread's default reactor by default. */
  reactor?: Reactor | undefined;
  /** Whether destroying the stream closes the descriptor; true by default. */
  ownsFd?: boolean | undefined;
  /** Whether the stream can be read; by default whether the descriptor is open for reading. */
  readable?: boolean | undefined;
  /** Whether the stream can be written; by default whether the descriptor is open for writing. */
  writable?: boolean | undefined;
  /** The most bytes that one read(2) asks for, 1 … 2²⁴; 65,536 by default. The rest of a longer message is lost. */
  readSize?: number | undefined;
  /**
   * Whether reading begins at once, up to `highWaterMark` bytes, so that a stream that nobody reads notices the end or
   * an error of its peer; true by default for sockets, otherwise false: reading begins when a consumer wants data.
   */
  readAhead?: boolean | undefined;
  /** Whether writing goes on until `end()` when reading has ended; false by default, as for `net.Socket`. */
  allowHalfOpen?: boolean | undefined;
  /**
   * How many bytes each side buffers before back-pressure. By default `readSize` for reading, at least 65,536, and
   * Node's default for writing.
   */
  highWaterMark?: number | undefined;
  /** `highWaterMark` for reading only. */
  readableHighWaterMark?: number | undefined;
  /** `highWaterMark` for writing only. */
  writableHighWaterMark?: number | undefined;
  /** Chunks are strings in this encoding, as with `setEncoding()`; by default they are Buffers. */
  encoding?: BufferEncoding | undefined;
  /** The encoding of strings that are written without one; `'utf8'` by default. */
  defaultEncoding?: BufferEncoding | undefined;
  /** Destroys the stream with an AbortError when it is aborted. */
  signal?: AbortSignal | undefined;
}

const MOST_READ_BYTES = 1 << 24;
const BOOLEANS = ['ownsFd', 'readable', 'writable', 'readAhead', 'allowHalfOpen'] as const;
const OBJECT_MODES = ['objectMode', 'readableObjectMode', 'writableObjectMode'];

export const OWN_NAMES: NamesOf<FdStreamOptions> = {
  reactor: true,
  ownsFd: true,
  readSize: true,
  readAhead: true,
  readable: true,
  writable: true,
  allowHalfOpen: true,
  signal: true,
  highWaterMark: true,
  readableHighWaterMark: true,
  writableHighWaterMark: true,
  encoding: true,
  defaultEncoding: true,
};

/** Options of Duplex are accepted too; those that FdStream decides by itself are ignored. */
export const STREAM_NAMES: NamesOf<FdStreamOptions & DuplexOptions> = {
  ...OWN_NAMES,
  objectMode: true,
  readableObjectMode: true,
  writableObjectMode: true,
  writableCorked: true,
  decodeStrings: true,
  emitClose: true,
  autoDestroy: true,
  construct: true,
  read: true,
  write: true,
  writev: true,
  final: true,
  destroy: true,
};

/** The options of a stream, with their defaults. */
export interface CheckedOptions {
  readonly reactor: Reactor;
  readonly ownsFd: boolean;
  readonly readSize: number;
  readonly readAhead: boolean;
  readonly signal: AbortSignal | undefined;
  /** What Duplex gets. `'close'` is emitted by the stream, with an argument. */
  readonly duplex: DuplexOptions & Readonly<Record<'readable' | 'writable' | 'allowHalfOpen', boolean>>;
}

/** Throws unless `options` are valid. Returns them with their defaults. */
export function checkOptions(options: FdStreamOptions, traits: DescriptorTraits): CheckedOptions {
  checkNames(options, STREAM_NAMES);
  const { reactor = defaultReactor(), readSize = DEFAULT_READ_BYTES, signal } = options;
  checkReactor(reactor, 'options.reactor');
  checkSignal(signal);
  checkInteger(readSize, 'options.readSize', 1, MOST_READ_BYTES);
  for (const name of BOOLEANS) {
    const value: unknown = options[name];
    if (value !== undefined && typeof value !== 'boolean')
      throw invalidType(`options.${name}`, 'of type boolean', value);
  }
  for (const name of OBJECT_MODES) {
    const value = (options as Record<string, unknown>)[name];
    if (value === true) throw invalidValue(`options.${name}`, 'must not be set: a descriptor carries bytes', value);
  }
  const { ownsFd = true, readable = traits.readable, writable = traits.writable, allowHalfOpen = false } = options;
  const { readAhead = traits.kind === 'socket' } = options;
  if (readable && !traits.readable) throw notOpenFor('readable', 'reading');
  if (writable && !traits.writable) throw notOpenFor('writable', 'writing');
  const { highWaterMark, readableHighWaterMark, writableHighWaterMark, encoding, defaultEncoding } = options;
  const duplex = {
    readable,
    writable,
    allowHalfOpen,
    emitClose: false,
    highWaterMark,
    // One read fills the buffer at most, and not several times.
    readableHighWaterMark: readableHighWaterMark ?? Math.max(readSize, DEFAULT_READ_BYTES),
    writableHighWaterMark,
    encoding,
    defaultEncoding,
  };
  return { reactor, ownsFd, readSize, readAhead: readable && readAhead, signal, duplex };
}

function notOpenFor(name: string, purpose: string): TypeError {
  return invalidValue(`options.${name}`, `must not be true: the descriptor is not open for ${purpose}`, true);
}

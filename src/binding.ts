import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bindingNotFound, describeErrorsBy, messageOf, notSupported, systemError } from './errors.js';
import { BITS } from './interest.js';
import type { BackendName, Capabilities } from './poller.js';
import type { SysBinding } from './sys/binding.js';

/** What the addon exports for pollers. Arguments are checked before they get here. */
export interface PollerBinding {
  open(capacity: number, memory: Int32Array): number;
  /** −1: no view of the poller is open any more. */
  attach(id: number, capacity: number, memory: Int32Array): number;
  close(handle: number): void;
  describe(handle: number): { id: number; fd: number; capabilities: Capabilities };
  /** The registration's generation. */
  add(handle: number, fd: number, interest: number): number;
  modify(handle: number, fd: number, interest: number): number;
  remove(handle: number, fd: number): void;
  has(handle: number, fd: number): boolean;
  size(handle: number): number;
  isCurrent(handle: number, fd: number, generation: number): boolean;
  /** 2 × the number of events + 1 if woken. */
  wait(handle: number, timeoutMs: number): number;
  wake(handle: number): void;
}

/** What the addon exports to deliver a poller's batches in the host's event loop. */
export interface HostPollBinding {
  /** `onBatch` gets what `wait()` returns, or −1 when the poller can be waited on no more. */
  openHostPoll(handle: number, withThread: boolean, onBatch: (result: number) => void): void;
  refHostPoll(handle: number, on: boolean): void;
  pauseHostPoll(handle: number, on: boolean): void;
  closeHostPoll(handle: number): void;
  /** Raises `error` as if a callback of the host had thrown it. */
  raise(error: unknown): void;
}

export interface Binding extends PollerBinding, HostPollBinding {
  readonly backend: BackendName;
  readonly bits: Readonly<Record<string, number>>;
  /** Differs between two copies of the addon in one process: their handles do not mix. */
  readonly instance: string;
  /** The digest of the sources that it was made from (native/source-digest.js); empty where the build gave none. */
  readonly sources: string;
  readonly sys: SysBinding;
  connect(makeError: typeof systemError, isMainThread: boolean): void;
}

export const ROOT = resolve(__dirname, '..');

/** What `npx node-gyp rebuild -C` of the gyp file in native/ makes; in an installed package there is no other. */
const BUILT = join(ROOT, 'native', 'build', 'Release', 'pollux.node');

let loaded: { binding: Binding; file: string } | undefined;

/** The addon, loaded on first use. */
export function binding(): Binding {
  loaded ??= load();
  return loaded.binding;
}

/** The file of the addon in use, loading it if need be. */
export function bindingFile(): string {
  loaded ??= load();
  return loaded.file;
}

function load(): { binding: Binding; file: string } {
  const file = findFile();
  if (file === undefined) throw missing();
  const binding = open(file);
  checkBits(binding.bits, file);
  // Only now: loading node:worker_threads takes longer than all of this package.
  const { isMainThread } = require('node:worker_threads') as typeof import('node:worker_threads');
  binding.connect(systemError, isMainThread);
  describeErrorsBy(binding.sys);
  return { binding, file };
}

function open(file: string): Binding {
  try {
    return require(file) as Binding;
  } catch (error) {
    // node-gyp-build takes every Linux but Alpine for one with glibc.
    const libc = file.endsWith('.glibc.node') ? '. Where the C library is musl, set LIBC=musl' : '';
    throw bindingNotFound(`The pollux addon ${file} cannot be loaded: ${messageOf(error)}. ${howToBuild()}${libc}`);
  }
}

function findFile(): string | undefined {
  const chosen = process.env['POLLUX_BINDING'];
  if (chosen !== undefined && chosen !== '') return existsSync(chosen) ? resolve(chosen) : undefined;
  if (process.platform === 'win32') return undefined;
  if (existsSync(BUILT)) return BUILT;
  const { path } = require('node-gyp-build') as { path(root: string): string };
  try {
    return path(ROOT);
  } catch {
    return undefined;
  }
}

function missing(): Error {
  if (process.platform === 'win32') {
    return notSupported('pollux has no backend for Windows: neither epoll nor kqueue exists there');
  }
  const { platform, arch } = process;
  const libc = platform === 'linux' ? ` ${existsSync('/etc/alpine-release') ? 'musl' : 'glibc'}` : '';
  const chosen = process.env['POLLUX_BINDING'];
  const tried = chosen !== undefined && chosen !== ''
    ? [chosen]
    : [BUILT, join(ROOT, 'build', 'Release'), join(ROOT, 'prebuilds', `${platform}-${arch}`)];
  return bindingNotFound(
    `No pollux addon for ${platform} ${arch}${libc} (node ${process.versions.node}). Tried: ${tried.join(', ')}. ${howToBuild()}`,
  );
}

/** A clone has its gyp file at the top, a published package only below native/: npm would build at every install. */
function howToBuild(): string {
  return `To build it: npx node-gyp rebuild -C ${existsSync(join(ROOT, 'binding.gyp')) ? ROOT : join(ROOT, 'native')}`;
}

/** The addon and this package count the same bits, or they cannot work together. */
function checkBits(bits: Readonly<Record<string, number>>, file: string): void {
  const ours: Readonly<Record<string, number>> = BITS;
  const names = new Set([...Object.keys(ours), ...Object.keys(bits)]);
  const drifted = [...names].filter((name) => ours[name] !== bits[name]);
  if (drifted.length > 0) {
    throw new Error(`The addon ${file} does not belong to this version of pollux: ${drifted.join(', ')} differ`);
  }
}

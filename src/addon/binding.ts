import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { bindingNotFound, describeErrorsBy, messageOf, notSupported, systemError, withFields } from '../errors.js';
import { BITS } from '../interest.js';
import type { BackendName, Capabilities } from '../poller.js';
import type { SysBinding } from './sys-calls.js';

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
  /**
   * Closes `fd`, which the poller has, when the environment ends, unless it is closed or disowned before, and
   * removes `path`, with a NUL at its end, the file of a unix socket.
   */
  own(handle: number, fd: number, path: Uint8Array | undefined): void;
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

/** Of the package: written into dist/package.js. */
declare const PACKAGE_VERSION: string;

/** dist/, or the folder of the bundle that this file has become a part of. */
const HERE = resolve(__dirname);

export const ROOT = dirname(HERE);

/** What `npx node-gyp rebuild -C` of the gyp file in native/ makes; in an installed package there is no other. */
const BUILT = join(ROOT, 'native', 'build', 'Release', 'pollux.node');

const HELP_OF_BUNDLES =
  'Mark pollux as external where you bundle, or copy its folder prebuilds beside the bundle, or set POLLUX_BINDING to the file of the addon';

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
  checkBits(binding, file);
  // Only now: loading node:worker_threads takes longer than all of this package.
  const { isMainThread } = require('node:worker_threads') as typeof import('node:worker_threads');
  binding.connect(systemError, isMainThread);
  describeErrorsBy(binding.sys);
  return { binding, file };
}

function open(file: string): Binding {
  try {
    // The `require` of a bundle finds what is in the bundle.
    return createRequire(file)(file) as Binding;
  } catch (error) {
    const { code } = Object(error) as { code?: unknown };
    const reason = messageOf(error).replace(/\.$/, '');
    throw withFields(bindingNotFound(`The pollux addon ${file} cannot be loaded: ${reason}. ${wayOut(code, file)}`), {
      cause: error,
    });
  }
}

/** What to do about an addon that is there, and does not load. */
function wayOut(code: unknown, file: string): string {
  if (code === 'ERR_DLOPEN_DISABLED') {
    return permission() === undefined
      ? 'pollux needs its addon: start node without --no-addons'
      : 'pollux needs its addon: start node with --allow-addons beside --permission';
  }
  // node-gyp-build takes every Linux but Alpine for one with glibc.
  const libc = file.endsWith('.glibc.node') ? '. Where the C library is musl, set LIBC=musl' : '';
  return `${isBundled() ? HELP_OF_BUNDLES : howToBuild()}${libc}`;
}

/** Node's permission model, where it is on. */
function permission(): { has(scope: string, reference?: string): boolean } | undefined {
  return (process as { permission?: { has(scope: string, reference?: string): boolean } }).permission;
}

/** Whether a bundler has moved this file to where the rest of the package is not. */
function isBundled(): boolean {
  return !isThere(join(HERE, 'package.js'));
}

/** Where the permission model hides a file, existsSync() throws. */
function isThere(path: string): boolean {
  try {
    return existsSync(path);
  } catch {
    return false;
  }
}

function findFile(): string | undefined {
  const chosen = process.env['POLLUX_BINDING'];
  if (chosen !== undefined && chosen !== '') return isThere(chosen) ? resolve(chosen) : undefined;
  if (process.platform === 'win32') return undefined;
  if (isBundled()) return placesOfBundle().find((file) => isThere(file));
  if (isThere(BUILT)) return BUILT;
  try {
    const { path } = require('node-gyp-build') as { path(root: string): string };
    return path(ROOT);
  } catch {
    return undefined;
  }
}

/** Where the addon may be for code in a bundle: beside it, one folder up, and where the same version is installed. */
function placesOfBundle(): string[] {
  // Bun writes the folder that this file was in when it was bundled in the place of __dirname.
  const program = process.argv[1];
  const folders = [...new Set([HERE, ROOT, ...(program === undefined ? [] : [dirname(resolve(program))])])];
  try {
    const require = createRequire(join(HERE, 'bundle.js'));
    const installed = require.resolve('pollux/package.json');
    if ((require(installed) as { version: unknown }).version === PACKAGE_VERSION) folders.push(dirname(installed));
  } catch {
    // Not installed.
  }
  const { platform, arch } = process;
  const name = platform === 'linux' ? `pollux.${libcHere()}.node` : 'pollux.node';
  return folders.map((folder) => join(folder, 'prebuilds', `${platform}-${arch}`, name));
}

/** As node-gyp-build has it. */
function libcHere(): string {
  return process.env['LIBC'] || (isThere('/etc/alpine-release') ? 'musl' : 'glibc');
}

function missing(): Error {
  if (process.platform === 'win32') {
    return notSupported('pollux has no backend for Windows: neither epoll nor kqueue exists there');
  }
  const { platform, arch } = process;
  const libc = platform === 'linux' ? ` ${libcHere()}` : '';
  const chosen = process.env['POLLUX_BINDING'];
  const isChosen = chosen !== undefined && chosen !== '';
  const isInBundle = isBundled();
  const tried = isChosen
    ? [chosen]
    : isInBundle
      ? placesOfBundle()
      : [BUILT, join(ROOT, 'build', 'Release'), join(ROOT, 'prebuilds', `${platform}-${arch}`)];
  const unread = tried.filter((path) => permission()?.has('fs.read', path) === false);
  const help = [
    ...(isChosen ? ['POLLUX_BINDING names a file that is not there'] : []),
    ...(unread.length > 0
      ? [`node may not read there: start it with --allow-fs-read=${isInBundle ? HERE : ROOT}/* and --allow-addons`]
      : []),
    isInBundle && !isChosen ? HELP_OF_BUNDLES : howToBuild(),
  ];
  const what = isInBundle && !isChosen ? 'was found beside the bundle' : 'was found';
  return bindingNotFound(
    `No pollux addon for ${platform} ${arch}${libc} (node ${process.versions.node}) ${what}. Tried: ${tried.join(', ')}. ${help.join('. ')}`,
  );
}

/** A clone has its gyp file at the top, a published package only below native/: npm would build at every install. */
function howToBuild(): string {
  return `To build it: npx node-gyp rebuild -C ${isThere(join(ROOT, 'binding.gyp')) ? ROOT : join(ROOT, 'native')}`;
}

/** The addon and this package count the same bits, or they cannot work together. */
function checkBits({ bits, connect }: Partial<Binding>, file: string): void {
  if (bits === undefined || connect === undefined) throw bindingNotFound(`The addon ${file} is not that of pollux`);
  const ours: Readonly<Record<string, number>> = BITS;
  const names = new Set([...Object.keys(ours), ...Object.keys(bits)]);
  const drifted = [...names].filter((name) => ours[name] !== bits[name]);
  if (drifted.length > 0) {
    throw new Error(`The addon ${file} does not belong to this version of pollux: ${drifted.join(', ')} differ`);
  }
}

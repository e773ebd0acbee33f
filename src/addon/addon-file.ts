import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { bindingNotFound, notSupported } from '../errors.js';

/** The version of the package: the build writes it into dist/package.js. */
declare const PACKAGE_VERSION: string;

/** dist/, or the folder of the bundle that contains this file. */
const HERE = resolve(__dirname);

/** The folder of the package. */
export const ROOT = dirname(HERE);

/** What `npx node-gyp rebuild -C` makes from the gyp file in native/; an installed package has no other gyp file. */
const BUILT = join(ROOT, 'native', 'build', 'Release', 'pollux.node');

const HELP_OF_BUNDLES =
  'Mark pollux as external where you bundle, or copy its folder prebuilds beside the bundle, or set POLLUX_BINDING to the file of the addon';

/**
 * The file of the addon: the one that POLLUX_BINDING names, or else one that was built on this machine, or else a
 * prebuilt one.
 *
 * @throws Error `ERR_BINDING_NOT_FOUND`: there is no such file. `ERR_NOT_SUPPORTED`: there is none on Windows.
 */
export function findAddon(): string {
  const file = find();
  if (file === undefined) throw missing();
  return file;
}

function find(): string | undefined {
  const chosen = chosenFile();
  if (chosen !== undefined) return isThere(chosen) ? resolve(chosen) : undefined;
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

/** What the environment variable POLLUX_BINDING names. */
function chosenFile(): string | undefined {
  return process.env['POLLUX_BINDING'] || undefined;
}

/** Whether a bundler has moved this file away from the rest of the package. */
function isBundled(): boolean {
  return !isThere(join(HERE, 'package.js'));
}

/** existsSync() throws where Node's permission model forbids reading the path. */
function isThere(path: string): boolean {
  try {
    return existsSync(path);
  } catch {
    return false;
  }
}

/**
 * Where code in a bundle looks for the addon: beside the bundle, one folder up, and where the same version is
 * installed.
 */
function placesOfBundle(): string[] {
  // Bun replaces __dirname by the folder that this file was in when it was bundled.
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

/** The C library, by the rule that node-gyp-build uses. */
function libcHere(): string {
  return process.env['LIBC'] || (isThere('/etc/alpine-release') ? 'musl' : 'glibc');
}

/** Node's permission model, where it is on. */
function permission(): { has(scope: string, reference?: string): boolean } | undefined {
  return (process as { permission?: { has(scope: string, reference?: string): boolean } }).permission;
}

function missing(): Error {
  if (process.platform === 'win32') {
    return notSupported('pollux has no backend for Windows: neither epoll nor kqueue exists there');
  }
  const { platform, arch } = process;
  const libc = platform === 'linux' ? ` ${libcHere()}` : '';
  const chosen = chosenFile();
  const isInBundle = chosen === undefined && isBundled();
  const tried =
    chosen !== undefined
      ? [chosen]
      : isInBundle
        ? placesOfBundle()
        : [BUILT, join(ROOT, 'build', 'Release'), join(ROOT, 'prebuilds', `${platform}-${arch}`)];
  const unread = tried.filter((path) => permission()?.has('fs.read', path) === false);
  const help = [
    ...(chosen !== undefined ? ['POLLUX_BINDING names a file that is not there'] : []),
    ...(unread.length > 0
      ? [`node may not read there: start it with --allow-fs-read=${isBundled() ? HERE : ROOT}/* and --allow-addons`]
      : []),
    isInBundle ? HELP_OF_BUNDLES : howToBuild(),
  ];
  const what = isInBundle ? 'was found beside the bundle' : 'was found';
  return bindingNotFound(
    `No pollux addon for ${platform} ${arch}${libc} (node ${process.versions.node}) ${what}. Tried: ${tried.join(', ')}. ${help.join('. ')}`,
  );
}

/** What to do about the addon in `file`, which exists and could not be loaded: `code` is that of the error. */
export function helpWithLoading(file: string, code: unknown): string {
  if (code === 'ERR_DLOPEN_DISABLED') {
    return permission() === undefined
      ? 'pollux needs its addon: start node without --no-addons'
      : 'pollux needs its addon: start node with --allow-addons beside --permission';
  }
  // node-gyp-build takes every Linux but Alpine for one with glibc.
  const libc = file.endsWith('.glibc.node') ? '. Where the C library is musl, set LIBC=musl' : '';
  return `${isBundled() ? HELP_OF_BUNDLES : howToBuild()}${libc}`;
}

/**
 * A clone has its gyp file at the top. A published package has it in native/, since npm would build one at the top at
 * every install.
 */
function howToBuild(): string {
  return `To build it: npx node-gyp rebuild -C ${isThere(join(ROOT, 'binding.gyp')) ? ROOT : join(ROOT, 'native')}`;
}

import { join, resolve } from 'node:path';

/** The repository. */
export const ROOT = resolve(__dirname, '..', '..', '..', '..');
/** The compiled tests of the folder test. */
export const BUILD = resolve(__dirname, '..');
/** The compiled tests of packages: a folder for each package. */
export const PACKAGES_BUILD = resolve(BUILD, '..', 'packages');
/** The program behind `npx pollux`. */
export const CLI = join(ROOT, 'dist', 'cli', 'main.js');
export const WORKERS = join(BUILD, 'workers');

/** A compiled program of test/programs. */
export function programFile(name: string): string {
  return join(BUILD, 'programs', `${name}.js`);
}

/** An addon of test/native, which has a gyp file of its own. */
export function nativeAddon(name: string, file = name): string {
  return join(ROOT, 'test/native', name, 'build/Release', `${file}.node`);
}

/** A module of the package that it does not export. */
export function moduleOfPackage(path: string): string {
  return join(ROOT, 'dist', path);
}

import { createRequire } from 'node:module';
import { describeErrorsBy } from '../errno.js';
import { bindingNotFound, messageOf, systemError, withFields } from '../errors.js';
import { findAddon, helpWithLoading } from './addon-file.js';
import type { Binding, SysBinding } from './exports.js';
import { differences } from './lists.js';

let loaded: { readonly binding: Binding; readonly file: string } | undefined;
let loadedSys: SysBinding | undefined;

/** What the addon exports. The first call loads the addon. */
export function binding(): Binding {
  return (loaded ??= load()).binding;
}

/** What the addon exports for `pollux/sys`. The first call loads the addon. */
export function sysBinding(): SysBinding {
  return (loadedSys ??= quickToRead(binding().sys));
}

/** The file of the addon in use. The first call loads the addon. */
export function addonFile(): string {
  return (loaded ??= load()).file;
}

function load(): NonNullable<typeof loaded> {
  const file = findAddon();
  const binding = open(file);
  checkLists(binding, file);
  // Loading node:worker_threads takes longer than loading all of this package, so it is loaded with the addon only.
  const { isMainThread } = require('node:worker_threads') as typeof import('node:worker_threads');
  binding.connect(systemError, isMainThread);
  describeErrorsBy(binding.sys);
  return { binding: quickToRead(binding), file };
}

/** A copy: V8 keeps an object that an addon has filled as a dictionary, which is slow to read. */
function quickToRead<Exports extends object>(exports: Exports): Exports {
  return { ...exports };
}

function open(file: string): Binding {
  try {
    // The `require` of a bundle finds only what is in the bundle.
    return createRequire(file)(file) as Binding;
  } catch (error) {
    const { code } = Object(error) as { code?: unknown };
    const reason = messageOf(error).replace(/\.$/, '');
    throw withFields(
      bindingNotFound(`The pollux addon ${file} cannot be loaded: ${reason}. ${helpWithLoading(file, code)}`),
      { cause: error },
    );
  }
}

/** The addon and this package must count alike. */
function checkLists({ lists, connect }: Partial<Binding>, file: string): void {
  if (connect === undefined) throw bindingNotFound(`The addon ${file} is not that of pollux`);
  const drifted = lists === undefined ? ['lists'] : differences(lists);
  if (drifted.length > 0) {
    throw new Error(`The addon ${file} does not belong to this version of pollux: ${drifted.join(', ')} differ`);
  }
}

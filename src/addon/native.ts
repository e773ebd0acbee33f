import { binding } from './binding.js';
import type { SysBinding } from './sys-calls.js';

let loaded: SysBinding | undefined;

/** The addon's functions, loaded on first use. */
export function native(): SysBinding {
  // A copy: V8 keeps an object that an addon has filled as a dictionary, which is slow to read.
  return (loaded ??= { ...binding().sys });
}

import { binding } from '../binding.js';
import type { SysBinding } from './binding.js';

let loaded: SysBinding | undefined;

/** The addon's functions, loaded on first use. */
export function native(): SysBinding {
  return (loaded ??= binding().sys);
}

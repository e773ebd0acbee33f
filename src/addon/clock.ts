import { binding } from './binding.js';

/**
 * Milliseconds of a clock that never goes back: the addon's, which no fake clock replaces. node:perf_hooks takes half a
 * millisecond to load, and cannot be loaded any more in a program that has frozen the built-in objects.
 */
export function nowMs(): number {
  return binding().nowMs();
}

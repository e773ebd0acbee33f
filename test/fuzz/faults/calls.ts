import type { Call } from '../../support/faults.js';
import { moduleOfPackage, nativeAddon } from '../../support/paths.js';

export type { Call };

interface Faults {
  /** Makes the `nth` call from now on fail, and the `times` − 1 calls after it. */
  fail(plan: { call: Call; errno: number; nth: number; times: number }): void;
  clear(): void;
  watch(file: string): void;
}

/**
 * Loaded at the first use: the library has to stand in front of libc (LD_PRELOAD), and only the lane of this fuzzer is
 * started so.
 */
let loaded: Faults | undefined;

function load(): Faults {
  if (loaded !== undefined) return loaded;
  loaded = require(nativeAddon('faults')) as Faults;
  const { addonFile } = require(moduleOfPackage('addon/binding.js')) as { addonFile(): string };
  loaded.watch(addonFile());
  return loaded;
}

export const faults: Pick<Faults, 'fail' | 'clear'> = {
  fail: (plan) => load().fail(plan),
  clear: () => load().clear(),
};

import type { Call } from '../../support/faults.js';
import { moduleOfPackage, nativeAddon } from '../../support/paths.js';

export type { Call };

interface Faults {
  /** From here on the `nth` call, and the `times` − 1 after it, fail. */
  fail(plan: { call: Call; errno: number; nth: number; times: number }): void;
  clear(): void;
  watch(file: string): void;
}

/**
 * Loaded where it is used: it has to stand in front of libc (LD_PRELOAD), as only the lane of this fuzzer is started.
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

import type { Finding } from './finding.js';

/**
 * A step of a sequence: the name of its kind, then numbers. It is plain data, so that a sequence can be shortened and
 * written to a file.
 */
export type Operation = readonly [kind: string, ...args: number[]];

/** How an episode ended: the operations that were made, and the promise that was broken. */
export interface Outcome {
  readonly operations: readonly Operation[];
  readonly finding: Finding | undefined;
}

/** One way to look for broken promises. It runs episodes, and the seed alone decides what an episode does. */
export interface Fuzzer {
  /** Draws and runs the episode of `seed`. `tell` is called with each operation before it runs. */
  run(seed: number, tell?: (operation: Operation) => void): Outcome | Promise<Outcome>;
  /** Runs operations that were drawn before, or a part of them. */
  replay(operations: readonly Operation[]): Outcome | Promise<Outcome>;
  /** The operations as a program that can be run. */
  print(operations: readonly Operation[]): string;
  /** To be called after the last episode. Throws if something is open that should have been closed. */
  end(): void;
}

export const FUZZER_NAMES = ['poller', 'stream', 'reactor', 'faults'] as const;
export type FuzzerName = (typeof FUZZER_NAMES)[number];

/** What a lane reports of one finding. */
export interface Told {
  readonly rule: string;
  readonly detail: string;
  readonly fuzzer: FuzzerName;
  readonly seed: number;
  /** How many operations were made from the first seed of the run up to this finding. */
  readonly after: number;
  /** How many operations the shrunk sequence has. */
  readonly length: number;
  readonly program: string;
}

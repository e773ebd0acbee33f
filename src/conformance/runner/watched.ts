/** What a watchdog is started with. */
export interface Watched {
  readonly memory: Int32Array;
  readonly timeoutMs: number;
}

/** The words of the memory: the number of the clause that runs, 0 for none; whether it was rescued; its descriptors. */
export const RUNNING = 0;
export const RESCUED = 1;
export const COUNT = 2;
export const FIRST = 3;
export const MOST_WATCHED = 500;

/** The longest time that setTimeout() of the host can count: what is longer expires at once. */
export const MOST_TIMER_MS = 2 ** 31 - 1;

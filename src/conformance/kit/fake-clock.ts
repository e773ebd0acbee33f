/** What JavaScript reads the time from, or is called by later. */
const LATER = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'] as const;

/**
 * Runs `act` with another clock: all of JavaScript's say the milliseconds that `now` returns, and nothing that is put off is
 * called. A test of somebody's does the same with a library for fake timers.
 */
export function withClock(now: () => number, act: () => void): void {
  const hrtime = (): [number, number] => [Math.floor(now() / 1000), (now() % 1000) * 1e6];
  const undo = [
    ...LATER.map((name) => replace(globalThis, name, () => ({}))),
    replace(
      globalThis,
      'Date',
      class extends Date {
        constructor(...values: []) {
          super(...(values.length === 0 ? ([now()] as unknown as []) : values));
        }
        static override now = now;
      },
    ),
    replace(performance, 'now', now),
    replace(process, 'hrtime', Object.assign(hrtime, { bigint: () => BigInt(Math.floor(now() * 1e6)) })),
    replace(process, 'nextTick', () => {}),
  ];
  try {
    act();
  } finally {
    for (const restore of undo.reverse()) restore();
  }
}

/** Gives `object` another `name`, where it lets itself be given one; returns what takes that back. */
function replace(object: object, name: string, value: unknown): () => void {
  const former = Object.getOwnPropertyDescriptor(object, name);
  if (former?.configurable === false) return () => {};
  Object.defineProperty(object, name, {
    value,
    writable: true,
    configurable: true,
    enumerable: former?.enumerable ?? true,
  });
  return () => {
    if (former === undefined) delete (object as Record<string, unknown>)[name];
    else Object.defineProperty(object, name, former);
  };
}

/** The functions that call JavaScript back later. */
const LATER = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'] as const;

/**
 * Runs `act` with a fake clock: all clocks of JavaScript show the milliseconds that `now` returns, and no timer ever
 * fires. Libraries for fake timers do the same in tests.
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

/** Replaces the property `name` of `object` where that is allowed; returns a function that restores it. */
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

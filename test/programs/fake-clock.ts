// Prints what works during and after a fake clock that never ticks. The argument says what the fake clock replaces and
// when. `later`: everything, after the package was loaded; `globals`: the globals, before that; `everything`: also
// Node's modules, before that.
import { createRequire } from 'node:module';

const [when] = process.argv.slice(2);
const host = globalThis as unknown as Record<string, unknown>;
const timers = createRequire(__filename)('node:timers') as Record<string, unknown>;
const sleep = timers['setTimeout'] as typeof setTimeout;
const real: Array<() => void> = [];

function replace(object: Record<string, unknown>, name: string, value: unknown): void {
  const before = Object.getOwnPropertyDescriptor(object, name);
  real.push(() => (before === undefined ? delete object[name] : Object.defineProperty(object, name, before)));
  Object.defineProperty(object, name, { value, configurable: true, writable: true });
}

function stopTheClock(withModules: boolean): void {
  const handle = { ref: () => handle, unref: () => handle, hasRef: () => true };
  for (const name of ['setTimeout', 'setImmediate', 'setInterval']) {
    replace(host, name, () => handle);
    if (withModules) replace(timers, name, () => handle);
  }
  for (const name of ['clearTimeout', 'clearImmediate', 'queueMicrotask']) replace(host, name, () => {});
  // Bun has this function only on the object itself.
  if (when === 'later' || !Object.hasOwn(performance, 'now'))
    replace(performance as unknown as Record<string, unknown>, 'now', () => 0);
  replace(Date as unknown as Record<string, unknown>, 'now', () => 0);
}

function load(): { pollux: typeof import('pollux'); sys: typeof import('pollux/sys') } {
  const require = createRequire(__filename);
  return {
    pollux: require('pollux') as typeof import('pollux'),
    sys: require('pollux/sys') as typeof import('pollux/sys'),
  };
}

async function main(): Promise<void> {
  const before = when === 'later' ? load() : undefined;
  stopTheClock(when !== 'globals');
  const { pollux, sys } = before ?? load();
  if (when === 'globals') real.splice(0).forEach((restore) => restore());
  const [a, b] = sys.socketPair();
  const x = Buffer.from('x');
  const results: unknown[] = [];
  const within = <T>(promise: Promise<T>): Promise<unknown> =>
    Promise.race([
      promise.catch((error: NodeJS.ErrnoException) => error.code),
      new Promise((resolve) => sleep(resolve, 20_000, 'never')),
    ]);
  const timeOut = (): Promise<unknown> => within(pollux.once(a, pollux.READABLE, { timeoutMs: 10 }));

  // A change of interest in a batch, one in the ticks that follow, one outside: each is applied.
  await within(
    new Promise<void>((resolve) => {
      let events = 0;
      const watch = pollux.watch(a, pollux.READABLE, () => {
        watch.interest = 0;
        if (++events === 3) {
          sys.read(a, Buffer.alloc(8));
          watch.close();
          resolve();
        } else if (events === 1)
          process.nextTick(() =>
            process.nextTick(() => {
              watch.interest = pollux.READABLE;
            }),
          );
        else
          sleep(() => {
            watch.interest = pollux.READABLE;
          }, 5);
      });
      sys.write(b, x);
    }).then(() => results.push('changed')),
  );
  if (when === 'everything') void pollux.once(a, pollux.READABLE, { timeoutMs: 5 }).catch(() => results.push('late'));
  else results.push(await timeOut());
  real.splice(0).forEach((restore) => restore());
  results.push(await timeOut());
  console.log(JSON.stringify(results));
  process.exit();
}

void main();

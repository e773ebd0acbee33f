// Prints the waiters that work on this runtime, the default one first.
import { Reactor, WRITABLE, type ReactorOptions } from 'pollux';
import * as sys from 'pollux/sys';

/** The waiter that `options` lead to, once it has delivered an event; undefined where it is not supported. */
async function tryOut(options: ReactorOptions): Promise<string | undefined> {
  const [a, b] = sys.socketPair();
  try {
    const reactor = new Reactor(options);
    await reactor.once(a, WRITABLE);
    const { waiter } = reactor;
    reactor.close();
    return waiter;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_NOT_SUPPORTED') throw error;
    return undefined;
  } finally {
    sys.close(a);
    sys.close(b);
  }
}

async function main(): Promise<void> {
  const names = [await tryOut({}), await tryOut({ waiter: 'uv' }), await tryOut({ waiter: 'thread' })];
  console.log(JSON.stringify([...new Set(names.filter((name) => name !== undefined))]));
}

void main();

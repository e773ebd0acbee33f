// Prints the errors that calls throw in a program that has frozen and replaced the built-in objects.
import * as pollux from 'pollux';
import * as sys from 'pollux/sys';

const stringify = JSON.stringify;
const print = console.log.bind(console);
const fail = (): never => {
  throw new Error('replaced');
};

function seen(act: () => unknown): unknown[] {
  try {
    return ['nothing', act()];
  } catch (error) {
    const { name, code, message } = error as NodeJS.ErrnoException;
    return [name, code, message];
  }
}

const poller = pollux.createPoller();
const closed = pollux.createPoller();
closed.close();
const reactor = new pollux.Reactor();
const controller = new AbortController();
controller.abort();
const silent = new Proxy({}, { get: fail });
class Named {
  static readonly name = 7;
}

async function main(): Promise<void> {
  let rejected: unknown[] = [];
  Object.assign = fail;
  String.prototype.replace = fail;
  String.prototype.slice = fail;
  Array.prototype.map = fail;
  for (const kind of [Error, TypeError, RangeError]) Object.freeze(kind.prototype);
  for (const prepare of [() => [], () => 7, fail, undefined]) {
    Error.prepareStackTrace = prepare as never;
    if (prepare === undefined) delete (Error as { stackTraceLimit?: number }).stackTraceLimit;
    const results = [
      seen(() => sys.read(-1, Buffer.alloc(1))),
      seen(() => poller.add('7' as never, pollux.READABLE)),
      seen(() => poller.add(silent as never, pollux.READABLE)),
      seen(() => poller.add(new Named() as never, pollux.READABLE)),
      seen(() => poller.add(Symbol('s') as never, pollux.READABLE)),
      seen(() => closed.wait(0)),
    ];
    await reactor.once(0, pollux.READABLE, { signal: controller.signal }).catch((error) => {
      rejected = seen(() => {
        throw error;
      });
    });
    Error.prepareStackTrace = undefined as never;
    print(stringify([...results, rejected]));
  }
  process.exit();
}

void main();

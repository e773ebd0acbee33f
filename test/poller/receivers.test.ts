import { FdStream, listen, Reactor, READABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('getters on foreign receivers');

/** The prototypes of `object` that are not those of the language or of Node: the names and getters of each. */
function gettersOf(object: object): [prototype: object, name: string, get: () => unknown][] {
  const found: [object, string, () => unknown][] = [];
  const builtIn = new Set<unknown>([
    Object.prototype,
    Object.getPrototypeOf(Object.getPrototypeOf(FdStream.prototype)),
  ]);
  for (
    let prototype = Object.getPrototypeOf(object) as object | null;
    prototype !== null && !builtIn.has(prototype);
    prototype = Object.getPrototypeOf(prototype) as object | null
  ) {
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (get !== undefined) found.push([prototype, name, get]);
    }
  }
  return found;
}

test(
  'poller:receiver.1 reading a property of a public class throws neither on the prototype nor on an object of another class',
  scoped((scope) => {
    const [a, b] = sys.socketPair();
    scope.own(a);
    const reactor = new Reactor();
    scope.atEnd(() => reactor.close());
    const poller = scope.poller();
    const stream = new FdStream(b, { reactor });
    scope.atEnd(() => stream.destroy());
    const listener = listen({ host: '127.0.0.1', port: 0, reactor }, (fd) => sys.close(fd));
    scope.atEnd(() => listener.close());
    const watch = reactor.watch(a, READABLE, () => undefined);
    const seen = [reactor, poller, watch, stream, listener, poller.wait(0)].map((object) => {
      const getters = gettersOf(object);
      for (const [prototype, name, get] of getters) {
        for (const receiver of [prototype, {}, Object.create(object)]) {
          assert.not.throws(() => Reflect.apply(get, receiver, []), name);
        }
      }
      return getters.length > 0;
    });
    assert.equal(seen, [true, true, true, true, true, true]);
  }),
);

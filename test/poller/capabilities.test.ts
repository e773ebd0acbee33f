import {
  EDGE,
  EXCLUSIVE,
  ONESHOT,
  PRIORITY,
  READABLE,
  READ_CLOSED,
  attachPoller,
  share,
  Reactor,
  type Capabilities,
} from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { expectEvents, expectNone, thrownBy } from '../support/expect.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';
import { moduleOfPackage } from '../support/paths.js';

const test = suite('capabilities', { sanitized: ['epoll'] });

interface Description {
  capabilities: { -readonly [Name in keyof Capabilities]: Capabilities[Name] };
}

/** What `act` returns while the addon says that the kernel lacks `capability`. */
function lacking<Result>(
  capability: 'edge' | 'oneshot' | 'priority' | 'exclusive' | 'readClosed',
  act: () => Result,
): Result {
  const { binding } = require(moduleOfPackage('addon/binding.js')) as {
    binding(): { describe(handle: number): Description };
  };
  const addon = binding();
  const { describe } = addon;
  addon.describe = (handle) => {
    const description = describe(handle);
    description.capabilities[capability] = false;
    return description;
  };
  try {
    return act();
  } finally {
    addon.describe = describe;
  }
}

for (const [capability, interest] of [
  ['edge', EDGE | READABLE],
  ['oneshot', ONESHOT | READABLE],
  ['priority', PRIORITY],
  ['exclusive', EXCLUSIVE | READABLE],
  ['readClosed', READ_CLOSED],
] as const) {
  test(
    `poller:capabilities.1 a poller that lacks "${capability}" refuses to be asked for it and names it, and changes nothing`,
    scoped((scope) => {
      const poller = lacking(capability, () => scope.poller());
      assert.is(poller.capabilities[capability], false);
      const [reader, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
      const reactor = new Reactor({ poller });
      scope.atEnd(() => reactor.close());
      const attached = lacking(capability, () => attachPoller(share(poller)));
      scope.atEnd(() => attached.close());
      const expectLack = (act: () => unknown): void => {
        const error = thrownBy(act);
        assert.equal([error.name, error.code], ['Error', 'ERR_NOT_SUPPORTED'], error.message);
        assert.ok(error.message.endsWith(`lacks the capability "${capability}"`), error.message);
      };
      for (const view of [poller, attached]) expectLack(() => view.add(reader, interest));
      expectLack(() => reactor.watch(reader, interest, () => {}));
      assert.equal([poller.size, poller.has(reader)], [0, false]);
      poller.add(reader, READABLE, 'data');
      if (capability !== 'exclusive') expectLack(() => poller.modify(reader, interest, 'other'));
      expectNone(poller);
      sys.write(writer, Buffer.from('x'));
      for (let round = 0; round < 2; round++) expectEvents(poller, [reader, READABLE, 'data']);
    }),
  );
}

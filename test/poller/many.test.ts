import { EDGE, ONESHOT, READABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { descriptors } from '../support/descriptors.js';
import { expectEvents, expectNone } from '../support/expect.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('many');

const COUNT = 10_500;
const ROOM = COUNT + 500;

/** `COUNT` descriptors of one eventfd, which is not readable yet. */
function manyDescriptors(scope: Scope): { fd: number; all: number[] } {
  const limit = descriptors.limitDescriptors(ROOM);
  scope.atEnd(() => void descriptors.limitDescriptors(limit));
  const fd = scope.own(descriptors.eventFd(0));
  return { fd, all: Array.from({ length: COUNT }, () => scope.own(sys.dup(fd))) };
}

function makeReadable(fd: number): void {
  const one = Buffer.alloc(8);
  one.writeUInt8(1);
  sys.write(fd, one);
}

for (const [name, mode] of [
  ['edge', EDGE],
  ['oneshot', ONESHOT],
] as const) {
  for (const capacity of [1000, 65536]) {
    test(
      `poller:many.1 ${name}: ${COUNT} registrations and a capacity of ${capacity}: each is reported once, with its data`,
      scoped((scope) => {
        const poller = scope.poller<number>({ capacity });
        const { fd, all } = manyDescriptors(scope);
        for (const duplicate of all) poller.add(duplicate, mode | READABLE, duplicate);
        assert.is(poller.size, COUNT);
        expectNone(poller);
        makeReadable(fd);
        const seen: number[] = [];
        for (let batch = poller.wait(0); batch.length > 0; batch = poller.wait(0)) {
          assert.is(batch.length, Math.min(capacity, COUNT - seen.length));
          for (const event of batch) {
            assert.equal([event.readiness, event.data], [READABLE, event.fd]);
            seen.push(event.fd);
          }
        }
        assert.equal(
          seen.sort((a, b) => a - b),
          all,
        );
      }),
    );
  }
}

test(
  `poller:many.2 one ready descriptor among ${COUNT} is found, and the others are silent`,
  scoped((scope) => {
    const poller = scope.poller();
    const { all } = manyDescriptors(scope);
    for (const duplicate of all) poller.add(duplicate, READABLE);
    const [reader, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    poller.add(reader, READABLE, 'pipe');
    expectNone(poller);
    sys.write(writer, Buffer.from('x'));
    expectEvents(poller, [reader, READABLE, 'pipe']);
    for (const duplicate of all) poller.remove(duplicate);
    assert.is(poller.size, 1);
    expectEvents(poller, [reader, READABLE, 'pipe']);
  }),
);

test(
  `poller:many.3 half of ${COUNT} events are stale when their registrations are removed from the batch`,
  scoped((scope) => {
    const poller = scope.poller({ capacity: 65536 });
    const { fd, all } = manyDescriptors(scope);
    for (const duplicate of all) poller.add(duplicate, READABLE);
    makeReadable(fd);
    const batch = poller.wait(0);
    assert.is(batch.length, COUNT);
    for (const duplicate of all) if (duplicate % 2 === 0) poller.remove(duplicate);
    assert.equal(
      [...batch].map((event) => event.fd).sort((a, b) => a - b),
      all.filter((duplicate) => duplicate % 2 !== 0),
    );
  }),
);

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import type * as wheel from '../../dist/reactor/timing-wheel.js';
import { moduleOfPackage } from '../support/paths.js';

const { TimingWheel, WheelEntry } = require(moduleOfPackage('reactor/timing-wheel.js')) as typeof wheel;

const test = suite('timing wheel');

const TICK_MS = 8;

/** An entry that records when it expired. */
class Entry extends WheelEntry {
  readonly wantedMs: number;
  expiredMs: number | undefined;
  again: ((entry: Entry, nowMs: number) => void) | undefined;

  constructor(wantedMs: number) {
    super();
    this.wantedMs = wantedMs;
  }

  override expire(nowMs: number): void {
    assert.is(this.expiredMs, undefined, 'expired twice');
    this.expiredMs = nowMs;
    this.again?.(this, nowMs);
  }
}

/** Advances time to `untilMs` as a driver that runs the wheel whenever the wheel asks for it. */
function drive(wheel: wheel.TimingWheel, fromMs: number, untilMs: number): number {
  let looks = 0;
  for (let nowMs = fromMs; wheel.nextMs() <= untilMs; looks++) {
    nowMs = Math.max(nowMs, wheel.nextMs());
    wheel.advance(nowMs);
  }
  wheel.advance(untilMs);
  return looks;
}

test('reactor:wheel.1 an entry expires no earlier than its deadline and at most one tick later, near and far', () => {
  const lengthsMs = [
    0, 0.5, 1, 7.9, 8, 8.1, 500, 511, 512, 513, 519, 520, 4096, 32_767, 32_768, 33_000, 2_097_152, 2_100_001,
    40_000_000, 200_000_000,
  ];
  for (const startMs of [0, 3.7, 504, 511.9, 32_760, 2_097_151, 123_456_789.5]) {
    const wheel = new TimingWheel(startMs);
    const entries = lengthsMs.map((ms) => new Entry(startMs + ms));
    for (const entry of entries) wheel.add(entry, entry.wantedMs);
    drive(wheel, startMs, startMs + 300_000_000);
    assert.is(wheel.size, 0);
    for (const { wantedMs, expiredMs } of entries) {
      assert.ok(expiredMs! >= wantedMs, `${wantedMs} expired at ${expiredMs}`);
      assert.ok(expiredMs! <= wantedMs + 2 * TICK_MS, `${wantedMs} expired at ${expiredMs}`);
    }
  }
});

test('reactor:wheel.2 ten thousand random entries, half of them deleted or moved, are each expired once and in time', () => {
  let state = 1;
  const random = (most: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state / 2 ** 32) * most;
  };
  const wheel = new TimingWheel(1000);
  const entries = Array.from({ length: 10_000 }, () => new Entry(1000 + random(100_000)));
  for (const entry of entries) wheel.add(entry, entry.wantedMs);
  const kept = entries.filter((entry, index) => {
    if (index % 4 === 0) wheel.delete(entry);
    if (index % 4 === 1) wheel.add(entry, entry.wantedMs);
    return index % 4 !== 0;
  });
  assert.is(wheel.size, kept.length);
  drive(wheel, 1000, 200_000);
  for (const { wantedMs, expiredMs } of kept) {
    assert.ok(expiredMs! >= wantedMs && expiredMs! <= wantedMs + TICK_MS, `${wantedMs} expired at ${expiredMs}`);
  }
  assert.is(entries.filter(({ expiredMs }) => expiredMs === undefined).length, 2500);
  assert.is(wheel.size, 0);
});

test('reactor:wheel.3 an entry may be added again, and others deleted, while it expires', () => {
  const wheel = new TimingWheel(0);
  const order: string[] = [];
  const doomed = new Entry(16);
  const again = new Entry(16);
  again.again = (entry) => {
    order.push(`first at ${entry.expiredMs}`);
    wheel.delete(doomed);
    entry.expiredMs = undefined;
    entry.again = () => order.push('second');
    wheel.add(entry, 40);
  };
  wheel.add(again, 16);
  wheel.add(doomed, 16);
  drive(wheel, 0, 100);
  assert.equal(order, ['first at 16', 'second']);
  assert.equal([doomed.expiredMs, again.expiredMs, wheel.size], [undefined, 40, 0]);
});

test('reactor:wheel.4 a wheel that is driven late expires everything that is due, and nothing else', () => {
  const wheel = new TimingWheel(0);
  const entries = [10, 1000, 40_000, 90_000].map((ms) => new Entry(ms));
  for (const entry of entries) wheel.add(entry, entry.wantedMs);
  wheel.advance(50_000);
  assert.equal(
    entries.map(({ expiredMs }) => expiredMs),
    [50_000, 50_000, 50_000, undefined],
  );
  assert.is(wheel.nextMs() <= 90_000, true);
});

test('reactor:wheel.5 an empty wheel needs no timer, and a distant entry needs few wake-ups', () => {
  const wheel = new TimingWheel(0);
  assert.is(wheel.nextMs(), Infinity);
  wheel.add(new Entry(86_400_000), 86_400_000);
  assert.ok(drive(wheel, 0, 100_000_000) <= 6);
  assert.is(wheel.nextMs(), Infinity);
});

test('reactor:wheel.6 entries expire in the order of their deadlines, those of one deadline in the order of adding', () => {
  const wheel = new TimingWheel(0);
  const order: number[] = [];
  const deadlinesMs = [5000, 7, 3, 3.5, 600, 3, 599.9, 0, 40];
  for (const [index, deadlineMs] of deadlinesMs.entries()) {
    const entry = new Entry(deadlineMs);
    entry.again = () => order.push(index);
    wheel.add(entry, deadlineMs);
  }
  wheel.advance(6000);
  assert.equal(order, [7, 2, 5, 3, 1, 8, 6, 4, 0]);
});

test('reactor:wheel.7 an entry beyond the last level of the wheel expires no earlier than its deadline', () => {
  const wheel = new TimingWheel(0);
  const most = TICK_MS * 64 ** 5;
  const entries = [most - 20, most, most + 20, 3 * most + 5].map((ms) => new Entry(ms));
  for (const entry of entries) wheel.add(entry, entry.wantedMs);
  drive(wheel, 0, 4 * most);
  assert.is(wheel.size, 0);
  for (const { wantedMs, expiredMs } of entries) {
    assert.ok(expiredMs! >= wantedMs && expiredMs! <= wantedMs + TICK_MS, `${wantedMs} expired at ${expiredMs}`);
  }
});

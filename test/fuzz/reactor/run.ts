import { ONESHOT, Reactor, WRITABLE, type ReactorOptions } from 'pollux';
import { Finding } from '../finding.js';
import type { Fuzzer, Operation, Outcome } from '../fuzzer.js';
import { plantedReactor } from '../planted/reactors.js';
import { Random } from '../random.js';
import { Bench, INTERESTS, PLACES } from './bench.js';

const OPERATIONS = 60;
const IDLE_MS = [10, 20, 30];
const GIVEN = [1, 0, 300, 7000, 20_000, 60_000];
const BUSY_MS = [1, 12, 25];
const WEIGHTS: ReadonlyArray<readonly [name: string, weight: number]> = [
  ['watch', 8],
  ['send', 12],
  ['give', 8],
  ['endPeer', 2],
  ['interest', 6],
  ['rearm', 4],
  ['close', 2],
  ['closeFirst', 1],
  ['idle', 2],
  ['late', 2],
  ['throw', 3],
  ['pause', 5],
  ['planBusy', 2],
  ['planClose', 3],
  ['planInterest', 4],
  ['planRearm', 3],
  ['planSend', 4],
  ['planGive', 4],
  ['planWatch', 2],
  ['rest', 8],
  ['pass', 1],
];
const TOTAL = WEIGHTS.reduce((sum, [, weight]) => sum + weight, 0);

/** Handlers close, re-arm, change and throw in the middle of a batch, and take their time. */
export function reactorFuzzer(planted?: string): Fuzzer {
  const open = (options: ReactorOptions): Reactor =>
    planted === undefined ? new Reactor(options) : plantedReactor(planted, options);
  return {
    run: (seed, tell) => {
      const operations = draw(new Random(seed));
      if (tell !== undefined) operations.forEach(tell);
      return play(operations, open);
    },
    replay: (operations) => play(operations, open),
    print: (operations) => operations.map((step) => JSON.stringify(step)).join('\n'),
    end: () => {},
  };
}

function draw(random: Random): Operation[] {
  const drawn: Operation[] = [['open', 1 + random.below(8)]];
  while (drawn.length < OPERATIONS) {
    let at = random.below(TOTAL);
    const [name] = WEIGHTS.find(([, weight]) => (at -= weight) < 0)!;
    drawn.push([name, random.below(PLACES), random.below(PLACES), random.below(INTERESTS.length)]);
  }
  return drawn;
}

async function play(operations: readonly Operation[], open: (options: ReactorOptions) => Reactor): Promise<Outcome> {
  const [first] = operations;
  const bench = new Bench(first?.[0] === 'open' ? first[1]! : 4, open);
  let finding: Finding | undefined;
  try {
    for (const operation of operations) {
      if (operation[0] === 'rest') await bench.rest();
      else if (operation[0] === 'pass') await new Promise((resolve) => setTimeout(resolve, 12));
      else act(bench, operation);
    }
    await bench.rest();
  } catch (error) {
    finding = error instanceof Finding ? error : new Finding('crash', String((error as Error).stack));
  } finally {
    bench.end();
  }
  return { operations, finding };
}

function act(bench: Bench, [name, at = 0, other = 0, number = 0]: Operation): void {
  const interest = INTERESTS[number]!;
  switch (name) {
    case 'watch':
      return void (bench.places[at] === undefined && bench.watch(at, interest, other % 2 === 0));
    case 'send':
      return bench.send(at, 1 + number * 500);
    case 'give':
      return bench.give(at, GIVEN[(other + number) % GIVEN.length]!);
    case 'endPeer':
      return bench.endPeer(at);
    case 'interest':
      return bench.setInterest(at, interest);
    case 'rearm':
      return bench.rearm(at);
    case 'close':
      return bench.close(at, false);
    case 'closeFirst':
      return bench.close(at, true);
    case 'idle':
      return bench.idle(at, IDLE_MS[number % IDLE_MS.length]!);
    // Two events in one batch: the handler of the first takes long, and the watch of the second has an idle timeout.
    case 'late':
      return late(bench, at, other, number);
    // Two events in one batch, the first of which pauses the watch of the second.
    case 'pause':
      return pause(bench, at, other, number);
    case 'throw':
      return bench.throwFrom(at);
    case 'planBusy':
      return bench.plan(at, () => busy(BUSY_MS[number % BUSY_MS.length]!));
    case 'planClose':
      return bench.plan(at, () => bench.close(other, number % 4 === 0));
    case 'planInterest':
      return bench.plan(at, () => bench.setInterest(other, interest));
    case 'planRearm':
      return bench.plan(at, () => bench.rearm(other));
    case 'planSend':
      return bench.plan(at, () => bench.send(other, 1 + number * 500));
    case 'planGive':
      return bench.plan(at, () => bench.give(other, GIVEN[number % GIVEN.length]!));
    case 'planWatch':
      return bench.plan(at, () => act(bench, ['watch', other, other, number]));
    default:
  }
}

function late(bench: Bench, slow: number, idle: number, number: number): void {
  bench.idle(idle, IDLE_MS[number % IDLE_MS.length]!);
  bench.plan(slow, () => busy(25));
  bench.send(slow, 1);
  bench.send(idle, 1);
}

function pause(bench: Bench, one: number, other: number, number: number): void {
  let isPaused = false;
  const pauseOnce = (at: number): void => {
    if (!isPaused) bench.setInterest(at, number % 2 === 0 ? 0 : WRITABLE | ONESHOT);
    isPaused = true;
  };
  bench.plan(one, () => pauseOnce(other));
  bench.plan(other, () => pauseOnce(one));
  bench.send(one, 1 + number * 300);
  bench.send(other, 1 + number * 300);
}

function busy(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

// A process that ends, or in which threads end, in one of many ways: `lifecycle.js SCENARIO`. Where
// it survives it prints "done". Its main thread loads the addon only where a scenario says so.
import { createPoller, share, WRITABLE } from 'pollux';
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { descriptorsByKind } from '../support/kernel.js';
import { Mortal } from '../support/mortals.js';
import { codeOf, Peer } from '../support/peer.js';
import { BEHAVIOURS, type MortalData } from '../workers/mortal.js';

type Behaviour = MortalData['behaviour'];

/** Actions that need no descriptor. */
const LONERS: readonly Behaviour[] = [
  'wait',
  'wait long',
  'wait again and again',
  'wake',
  'open',
  'abandon',
  'fail',
  'nest',
];

/** Numbers that look random and are the same in each run. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** An integer, 0 … `sides` − 1. */
  roll(sides: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * sides);
  }
}

function lonerNamed(index: number): Behaviour {
  return LONERS[index % LONERS.length]!;
}

/** A descriptor that is writable. */
function writable(): number {
  const { socketPair } = require('pollux/sys') as typeof import('pollux/sys');
  return socketPair()[0];
}

/** Waits for a random time, so that the threads are ended at different points. */
function pass(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

const scenarios: Record<string, () => void | Promise<void>> = {
  'exit while threads wait': () => {
    for (let i = 0; i < 5; i++) new Mortal(i % 2 === 0 ? 'wait' : 'wait long').begun();
    process.exit(7);
  },

  'exit while threads do everything': () => {
    for (const behaviour of LONERS) new Mortal(behaviour).begun();
    process.exit(7);
  },

  'exit while threads load the addon': () => {
    for (let i = 0; i < 4; i++) new Mortal('wait');
    pass(Number(process.argv[3]));
    process.exit(7);
  },

  'exit in the middle of a batch': () => {
    const poller = createPoller();
    poller.add(writable(), WRITABLE);
    new Mortal('wait').begun();
    for (const event of poller.wait()) process.exit(event.readiness + 5);
  },

  'end while a thread that does not count waits': () => {
    new Mortal('wait').begun().worker.unref();
    createPoller().wake();
  },

  'throw while threads wait': () => {
    for (let i = 0; i < 3; i++) new Mortal('wait').begun();
    createPoller();
    throw new Error('nobody catches this');
  },

  'the addon is in threads only, and the first to load it ends first': async () => {
    const before = descriptorsByKind();
    let elder = new Mortal('wait').begun();
    for (let i = 0; i < 20; i++) {
      const younger = new Mortal(lonerNamed(i)).begun();
      await elder.worker.terminate();
      elder = younger;
    }
    await elder.worker.terminate();
    assert.equal(descriptorsByKind(), before);
  },

  'the addon is loaded anew after its last thread has ended': async () => {
    const before = descriptorsByKind();
    for (let i = 0; i < 10; i++) {
      await new Mortal(lonerNamed(i)).begun().worker.terminate();
      assert.is(await new Mortal('end').ended, 0);
    }
    assert.equal(descriptorsByKind(), before);
  },

  'a handle is no good once the addon was loaded anew': async () => {
    for (let i = 0; i < 3; i++) {
      const first = new Peer();
      const handle = await first.call('open');
      await first.end();
      const second = new Peer();
      await second.call('open');
      const code = await codeOf(() => second.call('attach', handle));
      assert.ok(code === 'ERR_INVALID_ARG_VALUE' || code === 'ERR_POLLER_CLOSED', code);
      await second.end();
    }
  },

  /** Threads of all kinds, a few at a time, each ended at some point of its life. */
  terminations: async () => {
    const [count, seed, isShared] = [Number(process.argv[3]), Number(process.argv[4]), process.argv[5] === 'shared'];
    const dice = new Dice(seed);
    const poller = createPoller();
    const names = Object.keys(BEHAVIOURS).filter((name) => name !== 'throw' && name !== 'hoard') as Behaviour[];
    const alive: Array<{ mortal: Mortal; fd: number }> = [];
    const free = Array.from({ length: 4 }, () => writable());
    const [some] = free;
    const before = descriptorsByKind();
    const endOne = async (): Promise<void> => {
      const [{ mortal, fd }] = alive.splice(dice.roll(alive.length), 1) as [{ mortal: Mortal; fd: number }];
      await mortal.worker.terminate();
      if (poller.has(fd)) poller.remove(fd);
      free.push(fd);
    };
    for (let started = 0; started < count; started++) {
      if (free.length === 0) await endOne();
      const fd = free.pop()!;
      const mortal = new Mortal(names[dice.roll(names.length)]!, fd, isShared ? share(poller) : undefined);
      alive.push({ mortal, fd });
      if (dice.roll(3) === 0) pass(dice.roll(60));
      if (dice.roll(4) === 0) poller.wake();
    }
    while (alive.length > 0) await endOne();
    assert.equal(descriptorsByKind(), before);
    assert.is(poller.size, 0);
    poller.add(some!, WRITABLE);
    while (poller.wait(1000).length === 0);
  },
};

async function main(name: string): Promise<void> {
  assert.not.match(readFileSync('/proc/self/maps', 'utf8'), /pollux\.node/);
  await scenarios[name]!();
  console.log('done');
}

void main(process.argv[2]!);

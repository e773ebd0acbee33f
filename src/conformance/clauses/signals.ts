import { READABLE, WRITABLE } from '../../interest.js';
import type { Clause } from '../kit/clause.js';
import type { Context } from '../kit/context.js';
import type { Need } from '../kit/needs.js';
import type { RunningTask } from '../kit/threads.js';
import { receive, send } from '../kit/transfer.js';
import { PATIENCE_MS, until } from '../kit/waiting.js';

const NEEDS: readonly Need[] = ['ownProcess', 'workers', 'signals'];
/** This signal is ignored by default, so it does no harm before the handler is installed. */
const SIGNAL = 'SIGWINCH';
/** How long a call that does not block is repeated while signals come. */
const STORM_MS = 10;
/** How often it is made at least: a busy machine may give the process little of that time. */
const LEAST_ROUNDS = 20;

function duringStorm(act: () => void): void {
  const end = performance.now() + STORM_MS;
  for (let round = 0; round < LEAST_ROUNDS || performance.now() < end; round++) act();
}

/**
 * The handler stays until the process ends: Deno removes a handler some time after it was asked to, and would then
 * remove the handler of the next clause.
 */
let hasHandler = false;
let isHeard = false;

/** Has another thread send signals to the process of the poller, which handles them, until the clause ends. */
async function storm({ threads, environment }: Context): Promise<RunningTask> {
  if (environment.inProcess) await hearSignals();
  const sending = threads.start({ do: 'signal', pid: environment.pid, signal: SIGNAL, everyMs: 0.2 });
  until('the first signal', () => sending.hasAnnounced());
  return sending;
}

/** Resolves when the handler has run once: Deno installs a handler some time after it was asked to. */
async function hearSignals(): Promise<void> {
  if (!hasHandler) process.on(SIGNAL, () => void (isHeard = true));
  hasHandler = true;
  for (const deadline = performance.now() + PATIENCE_MS; !isHeard; ) {
    if (performance.now() > deadline) throw new Error(`no handler of ${SIGNAL} ran in ${PATIENCE_MS} ms`);
    process.kill(process.pid, SIGNAL);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function numberOf(sending: RunningTask): Promise<number> {
  sending.stop();
  return (await sending.done())[0] as number;
}

export const signalsClauses: readonly Clause[] = [
  {
    id: 'signals.1',
    title: 'a signal does not end a wait',
    promise: 'A wait that signals interrupt lasts its full time and does not throw.',
    needs: NEEDS,
    async run(context) {
      const { open, expect } = context;
      const poller = open.poller();
      const [reader] = open.pipe();
      poller.add(reader, READABLE);
      const sending = await storm(context);
      for (const timeoutMs of [0.5, 3, 15]) expect.lasts(timeoutMs, () => expect.batch(poller.wait(timeoutMs), []));
      expect.ok((await numberOf(sending)) > 0, 'no signal was sent');
    },
  },
  {
    id: 'signals.2',
    title: 'signals do not extend a wait',
    promise: 'A wait that signals interrupt continues with the time that is left, so that it ends at its deadline.',
    needs: NEEDS,
    async run(context) {
      const { open, expect } = context;
      const poller = open.poller();
      const sending = await storm(context);
      for (let look = 0; look < 3; look++) expect.lasts(10, () => expect.batch(poller.wait(10), []));
      expect.ok((await numberOf(sending)) > 0, 'no signal was sent');
    },
  },
  {
    id: 'signals.3',
    title: 'an event ends a wait that signals interrupt',
    promise: 'A wait without a timeout that signals interrupt returns when an event comes.',
    needs: NEEDS,
    async run(context) {
      const { open, expect, threads } = context;
      const poller = open.poller();
      const [reader, writer] = open.pipe();
      poller.add(reader, READABLE, 'data');
      const sending = await storm(context);
      const writing = threads.writeAfter(10, writer);
      expect.batch(poller.wait(), [[reader, READABLE, 'data']]);
      await writing.done();
      expect.ok((await numberOf(sending)) > 0, 'no signal was sent');
    },
  },
  {
    id: 'signals.4',
    title: 'a wait with timeout 0 reports what is ready while signals come',
    promise: 'wait(0) reports what is ready, even if a signal is pending.',
    needs: NEEDS,
    async run(context) {
      const { open, expect } = context;
      const poller = open.poller();
      const [reader, writer] = open.pipe();
      poller.add(reader, READABLE);
      const sending = await storm(context);
      duringStorm(() => {
        send(writer);
        expect.batch(poller.wait(0), [[reader, READABLE]]);
        receive(reader);
        expect.batch(poller.wait(0), []);
      });
      expect.ok((await numberOf(sending)) > 0, 'no signal was sent');
    },
  },
  {
    id: 'signals.5',
    title: 'add(), modify(), remove() and wake() succeed while signals come',
    promise: 'add(), modify(), remove() and wake() do not fail because of signals.',
    needs: [...NEEDS, 'wake'],
    async run(context) {
      const { open, expect } = context;
      const poller = open.poller();
      const [a] = open.stream();
      const sending = await storm(context);
      duringStorm(() => {
        poller.add(a, READABLE);
        poller.modify(a, READABLE | WRITABLE);
        poller.wake();
        const { woken } = poller.wait(0);
        expect.equal(woken, true, 'woken');
        poller.remove(a);
      });
      expect.equal(poller.size, 0, 'size');
      expect.ok((await numberOf(sending)) > 0, 'no signal was sent');
    },
  },
  {
    id: 'signals.6',
    title: 'stopping and continuing the process does not end a wait',
    promise: 'A wait lasts its full time even if the process is stopped and continued meanwhile.',
    needs: NEEDS,
    async run({ open, expect, programs, environment }) {
      const poller = open.poller();
      const script = 'kill -STOP $0; kill -CONT $0; kill -STOP $0; kill -CONT $0';
      const ended = programs.shell(script, environment.pid);
      expect.lasts(60, () => expect.batch(poller.wait(60), []));
      expect.equal(await ended, [0, null], 'exit of the shell');
      expect.none(poller);
    },
  },
];

import { READABLE, WRITABLE } from '../../interest.js';
import type { Clause } from '../kit/clause.js';
import type { Context } from '../kit/context.js';
import type { Need } from '../kit/needs.js';
import type { RunningTask } from '../kit/threads.js';
import { receive, send } from '../kit/transfer.js';
import { PATIENCE_MS, until } from '../kit/waiting.js';

const NEEDS: readonly Need[] = ['ownProcess', 'workers'];
/** Ignored by default, so that it does no harm before its handler is there. */
const SIGNAL = 'SIGWINCH';
/** How long what does not block is repeated, under signals. */
const STORM_MS = 10;

/**
 * Once handled, the signal is so until the process ends: Deno takes a handler away some time after it was told to, by when
 * the next clause may have its own.
 */
let hasHandler = false;
let isHeard = false;

/** Has signals that are handled come to this process all the while, until the clause ends. */
async function storm({ threads }: Context): Promise<RunningTask> {
  await hearSignals();
  const sending = threads.start({ do: 'signal', signal: SIGNAL, everyMs: 0.2 });
  until('the first signal', () => sending.hasAnnounced());
  return sending;
}

/** Resolves when the handler has run once: Deno installs it some time after it was told to. */
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
    title: 'signals do not end a wait',
    promise: 'A wait that is interrupted by signals lasts its time all the same, and throws nothing.',
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
    title: 'signals do not move the deadline',
    promise:
      'A wait that is interrupted goes on with the time that is left, so that it ends however often it is interrupted.',
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
    title: 'an event under signals is delivered',
    promise: 'A wait without a timeout that signals interrupt returns with the event when it comes.',
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
    title: 'a look without blocking looks, signals or not',
    promise: 'A wait of 0 reports what is ready also where a signal is pending.',
    needs: NEEDS,
    async run(context) {
      const { open, expect } = context;
      const poller = open.poller();
      const [reader, writer] = open.pipe();
      poller.add(reader, READABLE);
      const sending = await storm(context);
      const end = performance.now() + STORM_MS;
      while (performance.now() < end) {
        send(writer);
        expect.batch(poller.wait(0), [[reader, READABLE]]);
        receive(reader);
        expect.batch(poller.wait(0), []);
      }
      expect.ok((await numberOf(sending)) > 0, 'no signal was sent');
    },
  },
  {
    id: 'signals.5',
    title: 'registering under signals works',
    promise: 'add(), modify(), remove() and wake() do not fail because of signals.',
    needs: NEEDS,
    async run(context) {
      const { open, expect } = context;
      const poller = open.poller();
      const [a] = open.stream();
      const sending = await storm(context);
      const end = performance.now() + STORM_MS;
      while (performance.now() < end) {
        poller.add(a, READABLE);
        poller.modify(a, READABLE | WRITABLE);
        poller.wake();
        const { woken } = poller.wait(0);
        expect.equal(woken, true, 'woken');
        poller.remove(a);
      }
      expect.equal(poller.size, 0, 'size');
      expect.ok((await numberOf(sending)) > 0, 'no signal was sent');
    },
  },
  {
    id: 'signals.6',
    title: 'stopping and continuing the process does not end a wait',
    promise: 'A wait lasts its time also where the process is stopped and continued meanwhile.',
    needs: NEEDS,
    async run({ open, expect, programs }) {
      const poller = open.poller();
      const script = 'kill -STOP $0; kill -CONT $0; kill -STOP $0; kill -CONT $0';
      const ended = programs.shell(script);
      expect.lasts(60, () => expect.batch(poller.wait(60), []));
      expect.equal(await ended, [0, null], 'exit of the shell');
      expect.none(poller);
    },
  },
];

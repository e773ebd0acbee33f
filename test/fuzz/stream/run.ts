import { readdirSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { FdStream } from 'pollux';
import { Finding } from '../finding.js';
import type { Fuzzer, Operation, Outcome } from '../fuzzer.js';
import { plantedStream } from '../planted/streams.js';
import { connectedPair, endOpenings } from '../poller/openings.js';
import { Random } from '../random.js';
import { CONNECTIONS, drawScript } from './script.js';
import { Trial, type Seen } from './trial.js';

export type OpenStream = (fd: number, allowHalfOpen: boolean) => Duplex;

const ours: OpenStream = (fd, allowHalfOpen) => new FdStream(fd, { allowHalfOpen });
const theirs: OpenStream = (fd, allowHalfOpen) => new Socket({ fd, allowHalfOpen, readable: true, writable: true });

/** Runs the same script of a stream and its peer with an FdStream and with a net.Socket, and compares what is seen. */
export function streamFuzzer(planted?: string): Fuzzer {
  const open = planted === undefined ? ours : plantedStream(planted);
  let warm: Promise<void> | undefined;
  const compare = async (script: readonly Operation[]): Promise<Outcome> => {
    await (warm ??= warmUp());
    return compareWith(script, open);
  };
  return {
    run: (seed, tell) => {
      const script = drawScript(new Random(seed));
      if (tell !== undefined) script.forEach(tell);
      return compare(script);
    },
    replay: compare,
    print: (script) => script.map((step) => JSON.stringify(step)).join('\n'),
    end: endOpenings,
  };
}

async function compareWith(script: readonly Operation[], open: OpenStream): Promise<Outcome> {
  let finding: Finding | undefined;
  const before = countDescriptors();
  try {
    const [mine, reference] = [await play(script, open), await play(script, theirs)];
    finding = difference(
      mine,
      reference,
      script.some(([name]) => name.startsWith('destroy')),
    );
    const left = countDescriptors() - before;
    if (left > 0) finding ??= new Finding('leak', `${left} descriptors stay open`);
  } catch (error) {
    finding = error instanceof Finding ? error : new Finding('crash', String((error as Error).stack));
  }
  return { operations: script, finding };
}

async function play(script: readonly Operation[], open: OpenStream): Promise<Seen> {
  const [first, ...rest] = script;
  const [kind, isHalfOpen] = first?.[0] === 'open' ? [first[1]!, first[2] === 1] : [0, false];
  const [fd, peer] = connectedPair(CONNECTIONS[kind]!);
  const trial = new Trial(open(fd, isHalfOpen), peer);
  try {
    await trial.play(first?.[0] === 'open' ? rest : script);
    return trial.record;
  } finally {
    trial.clear();
  }
}

/** Opens what a process opens once and keeps, such as the reactor's poller, so that it does not count as a leak. */
async function warmUp(): Promise<void> {
  for (const kind of CONNECTIONS.keys())
    for (const opening of [ours, theirs])
      await play(
        [
          ['open', kind, 0],
          ['write', 1],
        ],
        opening,
      );
}

function difference(mine: Seen, reference: Seen, isDestroyed: boolean): Finding | undefined {
  // After a short read libuv takes a hangup for the end, and never sees ECONNRESET (uv__stream_io).
  const isReset = [mine, reference].some(({ wasReset, life }) => wasReset || life.includes('error ECONNRESET'));
  if (isReset) return undefined;
  for (const name of ['life', 'callbacks'] as const) {
    const [a, b] = [inWords(mine[name], isDestroyed), inWords(reference[name], isDestroyed)];
    if (a !== b) return new Finding(name, `[${a}], and of net.Socket [${b}]`);
  }
  // It depends on timing how much of a large write is sent before destroy().
  if (isDestroyed) return undefined;
  for (const name of ['received', 'peerReceived', 'peerSawEnd'] as const) {
    // The same hangup makes net.Socket lose what the kernel still had.
    if (name === 'received' && mine.received > reference.received) continue;
    if (mine[name] !== reference[name]) return new Finding(name, `${mine[name]}, and of net.Socket ${reference[name]}`);
  }
  return undefined;
}

/** Leaves out events that neither stream promises. */
function inWords(seen: readonly string[], isDestroyed: boolean): string {
  // destroy() comes before 'finish'; and net.Socket calls the callback of an unfinished write without an error
  // (onWriteComplete).
  const kept = isDestroyed
    ? seen.filter((event) => event !== 'finish').map((event) => event.replace(/^(\d+) .*/, '$1'))
    : seen;
  // FdStream half-closes at once, libuv in a later turn.
  return kept.join(', ').replace('finish, end', 'end, finish');
}

function countDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

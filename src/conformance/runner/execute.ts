import { inspect } from 'node:util';
import { isError } from '../../errors.js';
import { setTimer } from '../../host.js';
import type { Clause } from '../kit/clause.js';
import { type Bench, Context } from '../kit/context.js';
import { leftOver, openDescriptors } from '../kit/descriptors.js';

/** How one clause ended. */
export interface Verdict {
  /** Why it failed; undefined when it passed. */
  readonly reason?: string;
  /** False where a thread or descriptor of it is still there. */
  readonly clean: boolean;
}

/** Descriptors that the host closes by itself are gone after so many looks. */
const LOOKS = 20;

/** Runs `clause`, ends what it began, and looks for what it left. */
export async function execute(clause: Clause, bench: Bench): Promise<Verdict> {
  if (clause.needs.includes('workers')) await bench.helpers.start();
  const before = openDescriptors();
  const context = new Context(bench);
  let reason = await reasonOf(async () => {
    await clause.run(context);
    if (context.expect.count === 0) throw new Error('the clause expected nothing');
  });
  const isFinished = await context.threads.finish(bench.patienceMs);
  const errors = context.scope.unwind();
  if (errors.length > 0) reason ??= `at the end: ${messageOf(errors[0])}`;
  if (!isFinished) return { reason: reason ?? 'another thread did not come to its end', clean: false };
  const left = await leftAfter(before);
  if (left !== undefined) return { reason: reason ?? `left over: descriptor ${left}`, clean: false };
  return reason === undefined ? { clean: true } : { reason, clean: true };
}

/** What `act` throws, in words. */
export async function reasonOf(act: () => void | Promise<void>): Promise<string | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

export function messageOf(error: unknown): string {
  if (!isError(error)) return `thrown: ${inspect(error)}`;
  return error.message === '' ? error.name : error.message;
}

async function leftAfter(before: ReadonlyMap<number, string>): Promise<string | undefined> {
  for (let look = 0; ; look++) {
    const left = leftOver(before, openDescriptors());
    if (left === undefined || look === LOOKS) return left;
    await new Promise<void>((resolve) => setTimer(resolve, look));
  }
}

import { inspect } from 'node:util';
import { isError } from '../../errors.js';
import { setTimer } from '../../host.js';
import type { Clause } from '../kit/clause.js';
import { Context } from '../kit/context.js';
import { leftOver, openDescriptors } from '../kit/descriptors.js';
import type { Setup } from '../kit/setup.js';
import type { Verdict } from './runner.js';

/** How often the open descriptors are listed: the host may close one of its own a moment later. */
const LOOKS = 20;

/** Runs `clause`, stops its tasks, closes what it opened, and checks that no descriptor is left. */
export async function runClause(clause: Clause, setup: Setup): Promise<Verdict> {
  if (clause.needs.includes('workers')) await setup.taskThreads.start();
  const { driver } = setup.source;
  const before = openDescriptors();
  driver?.begin();
  const context = new Context(setup);
  let reason = await reasonOf(async () => {
    await clause.run(context);
    if (context.expect.count === 0) throw new Error('the clause expected nothing');
  });
  const isFinished = await context.threads.finish(setup.patienceMs);
  const errors = context.scope.unwind();
  if (errors.length > 0) reason ??= `at the end: ${messageOf(errors[0])}`;
  const { fault, isUsable = true } = (await driver?.end()) ?? {};
  // A promise that was broken first is the finding: what the driver leaves open may follow from that.
  if (fault !== undefined && (reason === undefined || fault.kind !== 'leak'))
    return { reason: fault.message, fault: fault.kind, clean: false };
  if (!isUsable) return { reason: reason!, clean: false };
  if (!isFinished) return { reason: reason ?? 'another thread did not come to its end', clean: false };
  const left = await leftAfter(before);
  if (left !== undefined) return { reason: reason ?? `left over: descriptor ${left}`, clean: false };
  return reason === undefined ? { clean: true } : { reason, clean: true };
}

/** The message of what `act` throws; undefined where it throws nothing. */
async function reasonOf(act: () => void | Promise<void>): Promise<string | undefined> {
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

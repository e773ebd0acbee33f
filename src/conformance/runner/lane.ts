import { CLAUSES } from '../clauses/all.js';
import type { Bench } from '../kit/context.js';
import { execute, messageOf } from './execute.js';
import type { LaneReply, LaneRequest } from './lane-messages.js';
import { loadSubject, withOptions, type Subject } from '../kit/subject.js';
import { stackWithPlace } from './syntax-place.js';
import { probe } from './probe.js';
import { HelperThreads } from '../kit/threads.js';

let bench: Bench | undefined;

/** The process that runs clauses, and that its parent ends when one hangs. */
process.on('message', (request: LaneRequest) => {
  void answer(request).then((reply) => process.send!(reply));
});
process.on('disconnect', () => process.exit());

async function answer(request: LaneRequest): Promise<LaneReply> {
  if (request.type === 'open') return open(request);
  const clause = CLAUSES.find(({ id }) => id === request.id)!;
  return { type: 'verdict', verdict: await execute(clause, bench!) };
}

async function open({
  module,
  pollerOptions,
  directory,
  patienceMs,
}: LaneRequest & { type: 'open' }): Promise<LaneReply> {
  try {
    const subject: Subject = withOptions(await loadSubject(module), pollerOptions);
    const environment = probe(subject, true);
    bench = { subject, environment, helpers: new HelperThreads(module), directory, patienceMs };
    return { type: 'ready', environment };
  } catch (error) {
    const { code } = Object(error) as { code?: unknown };
    return { type: 'unusable', reason: messageOf(error), code, stack: stackWithPlace(error, module) };
  }
}

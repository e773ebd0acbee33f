import { allClauses } from '../clauses/all.js';
import type { Environment } from '../kit/needs.js';
import type { Setup } from '../kit/setup.js';
import { environmentOf } from './environment.js';
import { loadPollerSource, withOptions } from './poller-source.js';
import { programs } from './programs.js';
import { messageOf, runClause } from './run-clause.js';
import type { Verdict } from './runner.js';
import { stackWithPlace } from './syntax-error.js';
import { ThreadPool } from './thread-pool.js';

/** What the parent asks of the process that runs the clauses. The next request follows the reply to the last one. */
export type ProcessRequest =
  | {
      readonly type: 'open';
      readonly module: string;
      readonly pollerOptions: Readonly<Record<string, unknown>>;
      readonly directory: string;
      readonly patienceMs: number;
    }
  | { readonly type: 'run'; readonly id: string };

export type ProcessReply =
  | { readonly type: 'ready'; readonly environment: Environment }
  | { readonly type: 'unusable'; readonly reason: string; readonly code: unknown; readonly stack: string | undefined }
  | { readonly type: 'verdict'; readonly verdict: Verdict };

let setup: Setup | undefined;

/** The main program of the process that runs clauses. The parent kills the process when a clause hangs. */
process.on('message', (request: ProcessRequest) => {
  void answer(request).then((reply) => process.send!(reply));
});
process.on('disconnect', () => process.exit());

async function answer(request: ProcessRequest): Promise<ProcessReply> {
  if (request.type === 'open') return open(request);
  const clause = allClauses.find(({ id }) => id === request.id)!;
  return { type: 'verdict', verdict: await runClause(clause, setup!) };
}

async function open({
  module,
  pollerOptions,
  directory,
  patienceMs,
}: ProcessRequest & { type: 'open' }): Promise<ProcessReply> {
  try {
    const source = withOptions(await loadPollerSource(module), pollerOptions);
    const environment = environmentOf(source, true);
    setup = { source, environment, taskThreads: new ThreadPool(module), programs, directory, patienceMs };
    return { type: 'ready', environment };
  } catch (error) {
    const { code } = Object(error) as { code?: unknown };
    return { type: 'unusable', reason: messageOf(error), code, stack: stackWithPlace(error, module) };
  }
}

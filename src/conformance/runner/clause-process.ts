import { allClauses } from '../clauses/all.js';
import type { Environment } from '../kit/needs.js';
import type { Setup } from '../kit/setup.js';
import { environmentOf } from './environment.js';
import { driverSource, loadPollerSource, withOptions } from './poller-source.js';
import { Driver, type DriverOptions } from '../driver/driver.js';
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
      /** The module is that of a driver, which is started so. */
      readonly driver?: DriverOptions | undefined;
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
  driver,
  pollerOptions,
  directory,
  patienceMs,
}: ProcessRequest & { type: 'open' }): Promise<ProcessReply> {
  let started: Driver | undefined;
  try {
    started = driver === undefined ? undefined : await Driver.start(driver);
    const source =
      started === undefined ? withOptions(await loadPollerSource(module), pollerOptions) : driverSource(started);
    const environment = environmentOf(source, true);
    const problem = await started?.end();
    if (problem?.isUsable === false) throw new Error(problem.fault?.message ?? 'the first wait did not return');
    setup = { source, environment, taskThreads: new ThreadPool(module), programs, directory, patienceMs };
    return { type: 'ready', environment };
  } catch (error) {
    const { code } = Object(error) as { code?: unknown };
    const { fault } = (await started?.end()) ?? {};
    if (driver !== undefined)
      return { type: 'unusable', reason: fault?.message ?? messageOf(error), code, stack: undefined };
    return { type: 'unusable', reason: messageOf(error), code, stack: stackWithPlace(error, module) };
  }
}

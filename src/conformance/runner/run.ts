import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkFunction, checkOptions, checkTimeout, type NamesOf } from '../../arguments.js';
import { invalidType, invalidValue } from '../../errors.js';
import { nowMs } from '../kit/clock.js';
import type { Poller, PollerOptions } from '../../poller.js';
import { allClauses } from '../clauses/all.js';
import { gateOf } from '../kit/needs.js';
import { type Filter, namesOf, select, unknownNameIn } from './filter.js';
import type { DriverOptions } from '../driver/driver.js';
import { DRIVER_THREAD } from './poller-source.js';
import { ProcessRunner } from './process-runner.js';
import { type Plan, type Report, type Result, planOf, reportOf, resultOf } from './report.js';
import type { Runner } from './runner.js';
import { ThreadRunner } from './thread-runner.js';

const DEFAULT_TIMEOUT_MS = 5000;
const DRIVER_LIMITS = 3;

export interface ConformanceOptions {
  /** Opens the poller under test: any object with the interface of `Poller`. */
  readonly createPoller?: ((options?: PollerOptions) => Poller) | undefined;
  /**
   * The module that exports `createPoller()`, as a file URL or an absolute path. For the clauses about threads it also
   * exports `share()` and `attachPoller()`. Without this option the module is the loaded CommonJS module that exports
   * the function `createPoller`.
   */
  readonly module?: string | URL | undefined;
  /**
   * A command for /bin/sh that starts a driver: a program in any language that has pollers and speaks the driver
   * protocol (docs/driver-protocol.md). In place of `createPoller` and `module`.
   */
  readonly driver?: string | undefined;
  /** Options with which every poller is opened, beside the options of the clause: `{ backend: 'epoll' }`. */
  readonly pollerOptions?: Readonly<Record<string, unknown>> | undefined;
  /** Ids and groups separated by commas (`'hangup,edge.2'`), a pattern of ids, or a predicate; all by default. */
  readonly filter?: Filter | undefined;
  /** How long one clause may take, 5000 ms by default. */
  readonly timeoutMs?: number | undefined;
  /**
   * Continues in the same process after a clause that failed and left nothing behind, which is faster when many fail.
   * False by default.
   */
  readonly reuseAfterFailure?: boolean | undefined;
  /** Ends the run after the first clause that fails. The report then has the clauses that ran. False by default. */
  readonly bail?: boolean | undefined;
  /** Called once, before the first clause. */
  readonly onStart?: ((plan: Plan) => void) | undefined;
  /** Called after each clause. */
  readonly onResult?: ((result: Result) => void) | undefined;
}

const NAMES: NamesOf<ConformanceOptions> = {
  createPoller: true,
  module: true,
  driver: true,
  pollerOptions: true,
  filter: true,
  timeoutMs: true,
  reuseAfterFailure: true,
  bail: true,
  onStart: true,
  onResult: true,
};

/**
 * Runs the conformance suite against a poller.
 *
 * Clauses run one after the other in another process, which loads the module. A clause fails when it throws, leaves a
 * descriptor open, or takes too long; the process is then killed, and a new one continues with the next clause.
 *
 * Where no module is known, because no module exports the function, the clauses run in this thread, without those about
 * other threads, signals and limits. When a clause blocks this thread, its descriptors are made ready and at last
 * closed; a poller that stays blocked even then blocks this thread.
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`: neither `createPoller`, `module` nor `driver`, or an option of the wrong
 * type.
 * @throws TypeError `ERR_INVALID_ARG_VALUE`: an option is unknown; a name in `filter` is neither a clause nor a group.
 * @throws TypeError what `createPoller()` returns does not have the interface of a `Poller`; the message names what is
 * missing.
 * @throws whatever the module or `createPoller()` throws when the first poller is opened.
 */
export async function runConformance(options: ConformanceOptions): Promise<Report> {
  checkOptions(options, NAMES);
  const { filter, timeoutMs = DEFAULT_TIMEOUT_MS, bail = false, onStart, onResult } = options;
  const unknown = unknownNameIn(allClauses, filter);
  if (unknown !== undefined)
    throw invalidValue('options.filter', 'must name clauses or groups', unknown, namesOf(allClauses));
  checkTimeout(timeoutMs, 'options.timeoutMs');
  for (const name of ['bail', 'reuseAfterFailure'] as const) {
    const value: unknown = options[name];
    if (value !== undefined && typeof value !== 'boolean')
      throw invalidType(`options.${name}`, 'of type boolean', value);
  }
  if (onStart !== undefined) checkFunction(onStart, 'options.onStart');
  if (onResult !== undefined) checkFunction(onResult, 'options.onResult');
  const selected = select(allClauses, filter);
  const directory = mkdtempSync(join(tmpdir(), 'pollux-conformance-'));
  const runner = runnerOf(options, directory, timeoutMs);
  const removeDirectory = (): void => rmSync(directory, { recursive: true, force: true });
  process.once('exit', removeDirectory);
  try {
    const start = nowMs();
    const environment = await runner.open();
    const plan = planOf(environment, selected.length);
    onStart?.(plan);
    const results: Result[] = [];
    for (const clause of selected) {
      const began = nowMs();
      const gate = gateOf(clause.needs, environment);
      const { reason = gate, fault } = gate === undefined ? await runner.run(clause) : {};
      const outcome = gate !== undefined ? 'gated' : reason === undefined ? 'passed' : 'failed';
      const result = resultOf(clause, outcome, reason, nowMs() - began, fault);
      results.push(result);
      onResult?.(result);
      if (bail && outcome === 'failed') break;
    }
    return reportOf(plan, results, nowMs() - start);
  } finally {
    await runner.close();
    process.off('exit', removeDirectory);
    removeDirectory();
  }
}

function runnerOf(options: ConformanceOptions, directory: string, timeoutMs: number): Runner {
  const { createPoller, pollerOptions = {}, reuseAfterFailure = false } = options;
  const driver = driverOf(options, timeoutMs);
  const module = driver === undefined ? moduleOf(options) : DRIVER_THREAD;
  // On a busy machine a greater timeoutMs is set, and events that have to come need more time as well.
  const patienceMs = Math.min(timeoutMs / 3, Math.max(1000, timeoutMs / 12));
  if (module !== undefined) {
    // A driver that hangs is to be told from a clause that takes long: the process waits longer than for the answer.
    const limitMs = driver === undefined ? timeoutMs : DRIVER_LIMITS * timeoutMs;
    const request = { module, driver, pollerOptions, directory, timeoutMs: limitMs, patienceMs };
    return new ProcessRunner(request, reuseAfterFailure);
  }
  if (typeof createPoller !== 'function') throw invalidType('options.createPoller', 'of type function', createPoller);
  return new ThreadRunner({ createPoller, pollerOptions, directory, timeoutMs, patienceMs });
}

function driverOf({ driver, createPoller, module }: ConformanceOptions, answerMs: number): DriverOptions | undefined {
  if (driver === undefined) return undefined;
  if (typeof driver !== 'string') throw invalidType('options.driver', 'of type string', driver);
  if (driver.trim() === '') throw invalidValue('options.driver', 'must be a command', driver);
  if (createPoller !== undefined || module !== undefined)
    throw invalidValue('options.driver', 'goes neither with createPoller nor with module', driver);
  return { command: driver, answerMs };
}

/** The module that exports `createPoller`, where it can be found; preferably one that also exports `share`. */
function moduleOf({ createPoller, module }: ConformanceOptions): string | undefined {
  if (module !== undefined) return String(module);
  if (typeof createPoller !== 'function') return undefined;
  const candidates = Object.values(require.cache).filter(
    (loaded) => loaded?.loaded === true && exportOf(loaded.exports, 'createPoller') === createPoller,
  );
  const best = candidates.find((loaded) => exportOf(loaded!.exports, 'share') !== undefined) ?? candidates[0];
  return best?.filename;
}

function exportOf(exports: unknown, name: string): unknown {
  if (typeof exports !== 'object' || exports === null || !Object.hasOwn(exports, name)) return undefined;
  return (exports as Record<string, unknown>)[name];
}

import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { clearTimer, nextTurn, setTimer } from '../../host.js';
import type { DriverOptions } from '../driver/driver.js';
import type { Clause } from '../kit/clause.js';
import type { Environment } from '../kit/needs.js';
import type { ProcessReply, ProcessRequest } from './clause-process.js';
import type { Runner, Verdict } from './runner.js';

const PROGRAM = join(__dirname, 'clause-process.js');
/** The limit of descriptors in the process that runs clauses: small, so that a clause can use them up. */
const DESCRIPTORS = 4096;
/** Sets the soft and the hard limit, because a runtime raises the soft one. A limit that is lower already stays. */
const SHELL = `ulimit -n ${DESCRIPTORS} 2>/dev/null; exec "$0" "$@"`;
/** How long a module may take to load and to open its first poller. */
export const LOAD_LIMIT_MS = 30_000;
const MOST_STDERR = 2000;
/** How long stderr is read after the process has ended: a program that it started may keep stderr open for ever. */
const LAST_OUTPUT_MS = 100;

export interface ProcessRunnerOptions {
  /** The file URL or path of the module that exports `createPoller()`. */
  readonly module: string;
  /** How the driver is started whose module that is. */
  readonly driver?: DriverOptions | undefined;
  readonly pollerOptions: Readonly<Record<string, unknown>>;
  readonly directory: string;
  readonly timeoutMs: number;
  readonly patienceMs: number;
}

/** Runs clauses in another process, which is killed when a clause hangs and replaced after a failure. */
export class ProcessRunner implements Runner {
  readonly #options: ProcessRunnerOptions;
  readonly #reuseAfterFailure: boolean;
  #process: ClauseProcess | undefined;

  constructor(options: ProcessRunnerOptions, reuseAfterFailure: boolean) {
    this.#options = options;
    this.#reuseAfterFailure = reuseAfterFailure;
  }

  async open(): Promise<Environment> {
    const { timeoutMs, ...request } = this.#options;
    this.#process = new ClauseProcess(request.driver !== undefined);
    // A driver has a limit of its own within this one.
    const limitMs = request.driver === undefined ? Math.max(LOAD_LIMIT_MS, timeoutMs) : LOAD_LIMIT_MS + timeoutMs;
    const reply = await this.#process.ask({ type: 'open', ...request }, limitMs);
    if (reply.type === 'ready') return reply.environment;
    await this.close();
    if (reply.type !== 'unusable')
      throw new Error(
        `no poller of ${request.driver?.command ?? request.module}: the process that loads it ${whyGone(reply)}`,
      );
    throw Object.assign(
      new Error(reply.reason),
      reply.code !== undefined && { code: reply.code },
      reply.stack !== undefined && { stack: reply.stack },
    );
  }

  async run(clause: Clause): Promise<Verdict> {
    if (this.#process === undefined) {
      try {
        await this.open();
      } catch (error) {
        return { reason: `createPoller(): ${(error as Error).message}`, clean: false };
      }
    }
    const reply = await this.#process!.ask({ type: 'run', id: clause.id }, this.#options.timeoutMs);
    const verdict: Verdict =
      reply.type === 'verdict' ? reply.verdict : { reason: `the process that ran it ${whyGone(reply)}`, clean: false };
    if (!verdict.clean || (verdict.reason !== undefined && !this.#reuseAfterFailure)) await this.close();
    return verdict;
  }

  async close(): Promise<void> {
    const clauseProcess = this.#process;
    this.#process = undefined;
    await clauseProcess?.end();
  }
}

type Answer = ProcessReply | { readonly type: 'gone'; readonly reason: string };

function whyGone(answer: Answer): string {
  return answer.type === 'gone' ? answer.reason : `answered with "${answer.type}"`;
}

/** One process that runs clauses, seen from its parent. */
class ClauseProcess {
  readonly #child: ChildProcess;
  readonly #hasGroup: boolean;
  readonly #killOnExit = (): void => this.#kill();
  readonly #gone: Promise<void>;
  #stderr = '';
  #settle: ((answer: Answer) => void) | undefined;

  /** `hasGroup`: what the process has started, such as a driver, is killed with it. */
  constructor(hasGroup: boolean) {
    this.#hasGroup = hasGroup;
    const execArgv = process.execArgv.filter(
      (argument) => !/^--inspect|^-[ep]$|^--(eval|print|input-type)/.test(argument),
    );
    this.#child = spawn('/bin/sh', ['-c', SHELL, process.execPath, ...execArgv, PROGRAM], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      detached: hasGroup,
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-MOST_STDERR);
    });
    this.#child.on('message', (reply) => this.#settle?.(reply as ProcessReply));
    this.#child.on('error', (error) => this.#settle?.({ type: 'gone', reason: `did not start: ${error.message}` }));
    this.#gone = this.#ended();
    process.once('exit', this.#killOnExit);
  }

  /** Sends `request` and resolves with the answer. After `timeoutMs` the process is killed. */
  async ask(request: ProcessRequest, timeoutMs: number): Promise<Answer> {
    const answered = new Promise<Answer>((resolve) => {
      this.#settle = resolve;
    });
    let isLate = false;
    const timer = setTimer(() => {
      isLate = true;
      this.#kill();
    }, timeoutMs);
    this.#child.send(request, (error) => {
      if (error !== null) this.#kill();
    });
    const answer = await answered;
    clearTimer(timer);
    this.#settle = undefined;
    return isLate && answer.type === 'gone' ? { type: 'gone', reason: `was stopped after ${timeoutMs} ms` } : answer;
  }

  /** Kills the process; resolves when this process has no descriptor of it left. */
  async end(): Promise<void> {
    process.off('exit', this.#killOnExit);
    this.#kill();
    await this.#gone;
  }

  #kill(): void {
    const { pid } = this.#child;
    this.#child.kill('SIGKILL');
    if (!this.#hasGroup || pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Nothing of the group is left.
    }
  }

  /** Resolves when the process has ended and this process has no descriptor of it left. */
  async #ended(): Promise<void> {
    const child = this.#child;
    let grace: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      // 'close' comes when nobody has stderr open any more; 'exit' never comes for a process that did not start.
      child.on('close', () => resolve());
      child.on('exit', () => {
        grace = setTimer(() => nextTurn(resolve), LAST_OUTPUT_MS);
      });
    });
    clearTimer(grace);
    child.stderr!.destroy();
    if (child.connected) child.disconnect();
    const said = this.#stderr.trim();
    const how = child.signalCode === null ? `ended with status ${child.exitCode}` : `was ended by ${child.signalCode}`;
    this.#settle?.({ type: 'gone', reason: said === '' ? how : `${how}: ${said}` });
  }
}

import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { clearTimer, nextTurn, setTimer } from '../../host.js';
import type { Clause } from '../kit/clause.js';
import type { Verdict } from './execute.js';
import type { LaneReply, LaneRequest } from './lane-messages.js';
import type { Environment } from '../kit/needs.js';
import type { Runner } from './runner.js';

const LANE = join(__dirname, 'lane.js');
/** A lane has this many descriptors, so that a clause can use them up. */
const DESCRIPTORS = 4096;
/** Sets both limits: a runtime raises the soft one. A lower limit stays. */
const SHELL = `ulimit -n ${DESCRIPTORS} 2>/dev/null; exec "$0" "$@"`;
/** How long a module may take to load and to open its first poller. */
export const LOAD_LIMIT_MS = 30_000;
const MOST_STDERR = 2000;
/** What a child said last is read by then, also where something that it started holds its stderr. */
const LAST_WORDS_MS = 100;

export interface LaneOptions {
  /** The file URL or path of the module that exports `createPoller()`. */
  readonly module: string;
  readonly pollerOptions: Readonly<Record<string, unknown>>;
  readonly directory: string;
  readonly timeoutMs: number;
  readonly patienceMs: number;
}

/** Runs clauses in a process that can be killed, and replaces it after a failure. */
export class LaneRunner implements Runner {
  readonly #options: LaneOptions;
  readonly #reuseAfterFailure: boolean;
  #lane: Lane | undefined;

  constructor(options: LaneOptions, reuseAfterFailure: boolean) {
    this.#options = options;
    this.#reuseAfterFailure = reuseAfterFailure;
  }

  async open(): Promise<Environment> {
    const { timeoutMs, ...request } = this.#options;
    this.#lane = new Lane();
    const reply = await this.#lane.ask({ type: 'open', ...request }, Math.max(LOAD_LIMIT_MS, timeoutMs));
    if (reply.type === 'ready') return reply.environment;
    await this.close();
    if (reply.type !== 'unusable')
      throw new Error(`no poller of ${request.module}: the process that loads it ${whyGone(reply)}`);
    throw Object.assign(
      new Error(reply.reason),
      reply.code !== undefined && { code: reply.code },
      reply.stack !== undefined && { stack: reply.stack },
    );
  }

  async run(clause: Clause): Promise<Verdict> {
    if (this.#lane === undefined) {
      try {
        await this.open();
      } catch (error) {
        return { reason: `createPoller(): ${(error as Error).message}`, clean: false };
      }
    }
    const reply = await this.#lane!.ask({ type: 'run', id: clause.id }, this.#options.timeoutMs);
    const verdict: Verdict =
      reply.type === 'verdict' ? reply.verdict : { reason: `the process that ran it ${whyGone(reply)}`, clean: false };
    if (!verdict.clean || (verdict.reason !== undefined && !this.#reuseAfterFailure)) await this.close();
    return verdict;
  }

  async close(): Promise<void> {
    const lane = this.#lane;
    this.#lane = undefined;
    await lane?.end();
  }
}

type Answer = LaneReply | { readonly type: 'gone'; readonly reason: string };

function whyGone(answer: Answer): string {
  return answer.type === 'gone' ? answer.reason : `answered with "${answer.type}"`;
}

/** One child process. */
class Lane {
  readonly #child: ChildProcess;
  readonly #killOnExit = (): void => void this.#child.kill('SIGKILL');
  readonly #gone: Promise<void>;
  #stderr = '';
  #settle: ((answer: Answer) => void) | undefined;

  constructor() {
    const execArgv = process.execArgv.filter(
      (argument) => !/^--inspect|^-[ep]$|^--(eval|print|input-type)/.test(argument),
    );
    this.#child = spawn('/bin/sh', ['-c', SHELL, process.execPath, ...execArgv, LANE], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-MOST_STDERR);
    });
    this.#child.on('message', (reply) => this.#settle?.(reply as LaneReply));
    this.#child.on('error', (error) => this.#settle?.({ type: 'gone', reason: `did not start: ${error.message}` }));
    this.#gone = this.#buried();
    process.once('exit', this.#killOnExit);
  }

  /** Asks, and waits for the answer; after `timeoutMs` the child is killed. */
  async ask(request: LaneRequest, timeoutMs: number): Promise<Answer> {
    const answered = new Promise<Answer>((resolve) => {
      this.#settle = resolve;
    });
    let isLate = false;
    const timer = setTimer(() => {
      isLate = true;
      this.#child.kill('SIGKILL');
    }, timeoutMs);
    this.#child.send(request, (error) => {
      if (error !== null) this.#child.kill('SIGKILL');
    });
    const answer = await answered;
    clearTimer(timer);
    this.#settle = undefined;
    return isLate && answer.type === 'gone' ? { type: 'gone', reason: `was stopped after ${timeoutMs} ms` } : answer;
  }

  /** Kills the child; resolves when nothing of it is left here. */
  async end(): Promise<void> {
    process.off('exit', this.#killOnExit);
    this.#child.kill('SIGKILL');
    await this.#gone;
  }

  /** Resolves when the child is gone, and nothing of it is open here. */
  async #buried(): Promise<void> {
    const child = this.#child;
    let grace: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      // 'close' waits for whoever holds stderr; 'exit' does not come from a child that did not start.
      child.on('close', () => resolve());
      child.on('exit', () => {
        grace = setTimer(() => nextTurn(resolve), LAST_WORDS_MS);
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

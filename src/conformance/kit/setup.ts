import type { Poller, PollerOptions } from '../../poller.js';
import type { Environment, Lacks } from './needs.js';
import type { Outcome, Task } from './tasks.js';

/** Where the pollers under test come from: the exports of a module, or one function. */
export interface PollerSource {
  readonly createPoller: (options: PollerOptions) => Poller;
  /** How a poller is given to another thread. Both functions are there, or neither. */
  readonly share?: ((poller: Poller) => unknown) | undefined;
  readonly attachPoller?: ((handle: unknown) => Poller) | undefined;
  /** What the module says that its pollers or their kernel lack. */
  readonly lacks?: Lacks | undefined;
  /** The driver in whose process the pollers are; undefined where they are in this process. */
  readonly driver?: DriverHost | undefined;
}

/** The process of a driver, as the runner and the kit see it. */
export interface DriverHost {
  readonly pid: number;
  /** What the driver said that it lacks. */
  readonly lacks: Lacks;
  /** Closes the copy of `fd` that the driver has; called before a clause closes `fd`. Never throws. */
  release(fd: number): void;
  /** The processor time of the process in milliseconds; undefined where the system does not show it. */
  cpuMs(): number | undefined;
  /** Called before a clause. */
  begin(): void;
  /**
   * Called after a clause, when its pollers are closed. Closes what the driver still has of the clause, and resolves
   * with the state in which the driver is left.
   */
  end(): Promise<DriverState>;
}

/** The state of a driver after a clause. */
export interface DriverState {
  readonly fault: Fault | undefined;
  /** Whether the driver can be asked further. */
  readonly isUsable: boolean;
}

/** What a driver does wrong that is no broken promise of the poller behind it. */
export interface Fault {
  readonly kind: FaultKind;
  readonly message: string;
}

/** The driver ended; it did not answer; its answer is not that of the protocol; it left descriptors open. */
export type FaultKind = 'crash' | 'hang' | 'nonsense' | 'leak';

/** Threads that the runner keeps for the tasks of clauses. */
export interface TaskThreads {
  /** Starts the threads unless they run. The descriptors of the threads are open when the promise resolves. */
  start(): Promise<void>;
  /** Gives `task` to a thread that is free. Without a free thread it throws. */
  post(task: Task): Promise<Outcome>;
}

/** A process that runs until `kill()`, for a minute at most. */
export interface RunningProcess {
  readonly pid: number;
  /** Does nothing where the process has ended. */
  kill(): void;
  /** Resolves when the process has ended and its number is free again. */
  ended(): Promise<void>;
}

/** Programs of the system that the runner starts for a clause. */
export interface Programs {
  makeFifo(path: string): void;
  /**
   * Starts a process. With `path` it has a child, for which it does not wait, and writes the number of the child into
   * the file `path`.
   */
  startProcess(path?: string): RunningProcess;
  /**
   * Runs `script` in /bin/sh with the process id `pid` as `$0`; resolves with the exit status and signal of the shell.
   */
  shell(script: string, pid: number): Promise<readonly [status: number | null, signal: NodeJS.Signals | null]>;
}

/** What a process or thread sets up once, for all clauses that it runs. */
export interface Setup {
  readonly source: PollerSource;
  readonly environment: Environment;
  readonly taskThreads: TaskThreads;
  readonly programs: Programs;
  /** A scratch directory that outlasts the clauses. */
  readonly directory: string;
  /** How long a clause waits for an event that has to come. */
  readonly patienceMs: number;
  /** Called with the descriptors that the running clause has open, whenever they change. */
  readonly onOwned?: ((owned: ReadonlySet<number>) => void) | undefined;
}

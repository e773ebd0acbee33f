import { constants, readFileSync } from 'node:fs';
import { didYouMean } from '../../did-you-mean.js';
import type { Capabilities } from '../../poller.js';
import * as sys from '../../sys.js';

type Flag = 'edge' | 'oneshot' | 'priority' | 'exclusive' | 'readClosed' | 'nested' | 'threads';

/**
 * What a clause may need: a capability of the poller by its name in `Capabilities`, or
 * - `subMillisecond`: timeouts finer than a millisecond;
 * - `noEdge`, `noOneshot`, `noPriority`, `noExclusive`, `noReadClosed`: that the poller lacks a capability, for a
 *   clause about how the poller refuses it;
 * - `wake`, `capacity`: a `wake()`, a limit of the events of one batch;
 * - `javascript`: that the poller is an object of JavaScript, for a clause about arguments, data and batches as
 *   JavaScript has them;
 * - `inProcess`: that the poller is in the process of the clause, for a clause about the descriptors of that process;
 * - `signals`: that the process of the poller handles the signals that a clause sends;
 * - `sharing`: that the module exports `share()` and `attachPoller()` beside `createPoller()`;
 * - `workers`: threads that act while the clause waits; the runner starts them before the clause;
 * - `ownProcess`: that clauses run in another process, whose limits and signals the clause may change;
 * - `terminals`, `procMounts`, `procFdinfo`, `processes`: devices, files and calls of the system, which a sandbox may
 *   lack;
 * - `epoll`, `linux`: a backend, a platform;
 * - `seqpacket`, `terminalHangup`, `lateListen`, `fifoHangup`, `fifoEndStays`, `fifoWriters`, `oneWayPipes`,
 *   `endedProcesses`: what some kernels lack.
 */
export type Need =
  | Flag
  | 'subMillisecond'
  | 'noEdge'
  | 'noOneshot'
  | 'noPriority'
  | 'noExclusive'
  | 'noReadClosed'
  | 'wake'
  | 'capacity'
  | 'javascript'
  | 'inProcess'
  | 'signals'
  | 'sharing'
  | 'workers'
  | 'ownProcess'
  | 'terminals'
  | 'procMounts'
  | 'procFdinfo'
  | 'processes'
  | 'epoll'
  | 'linux'
  | 'seqpacket'
  | 'terminalHangup'
  | 'lateListen'
  | 'fifoHangup'
  | 'fifoEndStays'
  | 'fifoWriters'
  | 'oneWayPipes'
  | 'endedProcesses';

/** What clauses run on. */
export interface Environment {
  /** The name that the poller gives its backend. */
  readonly backend: string;
  readonly capabilities: Capabilities;
  readonly platform: string;
  /** The kernel behind the poller: the platform, or the kernel that a simulated kqueue follows. */
  readonly kernel: string;
  /** Whether the module exports `share()` and `attachPoller()`. */
  readonly shares: boolean;
  /** Whether clauses run in another process. */
  readonly ownProcess: boolean;
  /** Whether the poller is in the process of the clauses, and not in that of a driver. */
  readonly inProcess: boolean;
  /** The process of the poller. */
  readonly pid: number;
  /** What the poller or its kernel lacks, with the reason in the words of the module or driver. */
  readonly lacks: Lacks;
}

/** Needs that a module or driver does not meet, each with the reason. */
export type Lacks = Readonly<Partial<Record<Need, string>>>;

type Gate = (environment: Environment) => string | undefined;

const GATES: Readonly<Record<Need, Gate>> = {
  edge: lacks('edge'),
  oneshot: lacks('oneshot'),
  priority: lacks('priority'),
  exclusive: lacks('exclusive'),
  readClosed: lacks('readClosed'),
  nested: lacks('nested'),
  threads: lacks('threads'),
  subMillisecond: ({ capabilities: { timeoutResolutionNs } }) =>
    when(!(timeoutResolutionNs < 1e6), `the poller's timeouts have a resolution of ${timeoutResolutionNs} ns`),
  wake: () => undefined,
  capacity: () => undefined,
  signals: () => undefined,
  javascript: ({ inProcess }) =>
    when(!inProcess, 'the clause is about values of JavaScript, and the poller is behind a driver'),
  inProcess: ({ inProcess }) =>
    when(!inProcess, 'the clause is about the descriptors of its own process, and the poller is behind a driver'),
  noEdge: has('edge'),
  noOneshot: has('oneshot'),
  noPriority: has('priority'),
  noExclusive: has('exclusive'),
  noReadClosed: has('readClosed'),
  terminalHangup: ({ kernel }) =>
    when(kernel === 'netbsd', 'netbsd does not report to one side of a pseudoterminal that its other side was closed'),
  lateListen: ({ kernel }) =>
    when(
      kernel === 'netbsd',
      'netbsd decides at add() whether a socket is a listener, so listen() after add() has no effect',
    ),
  terminals: () => when(!opensPty(), 'the system opens no pseudoterminal'),
  procMounts: () => when(!isPollable('/proc/self/mounts'), 'the system has no /proc/self/mounts that can be polled'),
  procFdinfo: () =>
    when(!hasFlagsOfDescriptors(), 'the system does not show the flags of descriptors in /proc/self/fdinfo'),
  processes: () => when(!opensProcess(), 'the system opens no descriptor of a process'),
  sharing: ({ shares }) => when(!shares, 'the module exports no share() and attachPoller()'),
  ownProcess: ({ ownProcess }) => when(!ownProcess, 'the clauses do not run in a process of their own'),
  epoll: ({ backend }) => when(backend !== 'epoll', `the backend is ${backend}, not epoll`),
  linux: ({ platform }) => when(platform !== 'linux', `the platform is ${platform}, not linux`),
  workers: () => undefined,
  seqpacket: ({ platform }) => when(platform === 'darwin', 'darwin has no seqpacket sockets'),
  fifoHangup: ({ kernel }) =>
    when(kernel === 'darwin', 'darwin does not report to either end of a FIFO that its other end was closed'),
  fifoEndStays: ({ kernel }) =>
    when(kernel === 'netbsd', 'netbsd no longer reports the end of a FIFO after a read has returned 0'),
  fifoWriters: ({ kernel }) =>
    when(kernel === 'netbsd', 'netbsd reports nothing for the write end of a FIFO, so pollux refuses to add one'),
  oneWayPipes: ({ kernel }) =>
    when(kernel === 'freebsd' || kernel === 'openbsd', `pipes carry data in both directions on ${kernel}`),
  endedProcesses: ({ kernel }) =>
    when(
      kernel === 'darwin' || kernel === 'netbsd' || kernel === 'openbsd',
      `${kernel} opens no descriptor of a process that has ended and was not waited for`,
    ),
};

/** What a module or driver cannot lack: it follows from what it is, or from what it lacks. */
const NEVER_LACKED: readonly Need[] = [
  'noEdge',
  'noOneshot',
  'noPriority',
  'noExclusive',
  'noReadClosed',
  'javascript',
  'inProcess',
  'sharing',
  'workers',
  'ownProcess',
  'epoll',
  'linux',
];

/** The needs that a module or driver may say that it lacks. */
export const LACKABLE: readonly Need[] = (Object.keys(GATES) as Need[]).filter((need) => !NEVER_LACKED.includes(need));

/**
 * `value` as what a module or driver lacks: an object that has a reason for each need.
 *
 * @throws TypeError `value` is no such object; the message says what is wrong with it.
 */
export function lacksOf(value: unknown): Lacks {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError('lacks must be an object: a reason for each thing that is lacking');
  for (const [name, reason] of Object.entries(value)) {
    if (!(LACKABLE as readonly string[]).includes(name))
      throw new TypeError(
        `lacks.${name} is unknown${didYouMean(name, LACKABLE) || `. Known are ${LACKABLE.join(', ')}`}`,
      );
    if (typeof reason !== 'string' || reason === '') throw new TypeError(`lacks.${name} must be a text, the reason`);
  }
  return value as Lacks;
}

/** Why a clause with `needs` does not apply in `environment`; undefined where it applies. */
export function gateOf(needs: readonly Need[], environment: Environment): string | undefined {
  for (const need of needs) {
    const reason = environment.lacks[need] ?? GATES[need](environment);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function isPollable(path: string): boolean {
  try {
    const fd = sys.open(path, constants.O_RDONLY);
    try {
      return sys.classify(fd).readiness === 'pollable';
    } finally {
      sys.close(fd);
    }
  } catch {
    return false;
  }
}

function opensPty(): boolean {
  try {
    sys.close(sys.openPty().fd);
    return true;
  } catch {
    return false;
  }
}

function opensProcess(): boolean {
  try {
    sys.close(sys.openProcess(process.pid));
    return true;
  } catch {
    return false;
  }
}

function hasFlagsOfDescriptors(): boolean {
  try {
    return /^flags:\s*0\d+/m.test(readFileSync('/proc/self/fdinfo/2', 'utf8'));
  } catch {
    return false;
  }
}

function lacks(flag: Flag): Gate {
  return ({ capabilities }) => when(!capabilities[flag], `the poller lacks the capability "${flag}"`);
}

function has(flag: Flag): Gate {
  return ({ capabilities }) => when(capabilities[flag], `the poller has the capability "${flag}"`);
}

function when(isMissing: boolean, reason: string): string | undefined {
  return isMissing ? reason : undefined;
}

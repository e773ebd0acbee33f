import { constants, readFileSync } from 'node:fs';
import type { Capabilities } from '../../poller.js';
import * as sys from '../../sys.js';

type Flag = 'edge' | 'oneshot' | 'priority' | 'exclusive' | 'readClosed' | 'nested' | 'threads';

/**
 * What a clause may need: a capability of the poller by its name in `Capabilities`,
 * - `subMillisecond`: timeouts finer than a millisecond;
 * - `noEdge`, `noOneshot`, `noPriority`, `noExclusive`, `noReadClosed`: the lack of a capability, where the promise is how it is refused;
 * - `terminals`, `procMounts`, `procFdinfo`: devices and files of the system, which a sandbox may lack;
 * - `terminalHangup`, `lateListen`: what some kernels do not tell;
 * - `workers`: threads of JavaScript that act while the clause waits; they run before it begins;
 * - `sharing`: the module exports `share()` and `attachPoller()` beside `createPoller()`;
 * - `ownProcess`: the clause runs in a process of its own, whose limits and signals it may use;
 * - `epoll`, `linux`, `seqpacket`, `fifoHangup`, `fifoEndStays`, `fifoWriters`, `oneWayPipes`: a backend, a platform, what some
 *   kernels lack.
 */
export type Need =
  | 'noReadClosed'
  | 'terminals'
  | 'terminalHangup'
  | 'lateListen'
  | 'procMounts'
  | 'procFdinfo'
  | Flag
  | 'subMillisecond'
  | 'noEdge'
  | 'noOneshot'
  | 'noPriority'
  | 'noExclusive'
  | 'sharing'
  | 'ownProcess'
  | 'epoll'
  | 'linux'
  | 'seqpacket'
  | 'fifoHangup'
  | 'fifoEndStays'
  | 'fifoWriters'
  | 'oneWayPipes'
  | 'workers';

/** What clauses run on. */
export interface Environment {
  /** The poller's own name for its backend. */
  readonly backend: string;
  readonly capabilities: Capabilities;
  readonly platform: string;
  /** The kernel behind the poller: the platform, or the one that a simulated kqueue answers as. */
  readonly kernel: string;
  /** The module exports `share()` and `attachPoller()`. */
  readonly shares: boolean;
  /** Clauses run in a process of their own. */
  readonly ownProcess: boolean;
}

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
  noEdge: has('edge'),
  noOneshot: has('oneshot'),
  noPriority: has('priority'),
  noExclusive: has('exclusive'),
  noReadClosed: has('readClosed'),
  terminalHangup: ({ kernel }) =>
    when(kernel === 'netbsd', 'netbsd does not tell one side of a terminal that the other has gone'),
  lateListen: ({ kernel }) =>
    when(kernel === 'netbsd', 'netbsd chooses what a socket reports when it is added, before listen()'),
  terminals: () => when(!opensPty(), 'the system opens no pseudoterminal'),
  procMounts: () =>
    when(!isPollable('/proc/self/mounts'), 'the system has no /proc/self/mounts that can be waited for'),
  procFdinfo: () => when(!hasFlagsOfDescriptors(), 'the system has no flags of descriptors in /proc/self/fdinfo'),
  sharing: ({ shares }) => when(!shares, 'the module exports no share() and attachPoller()'),
  ownProcess: ({ ownProcess }) => when(!ownProcess, 'the clauses do not run in a process of their own'),
  epoll: ({ backend }) => when(backend !== 'epoll', `the backend is ${backend}, not epoll`),
  linux: ({ platform }) => when(platform !== 'linux', `the platform is ${platform}, not linux`),
  workers: () => undefined,
  seqpacket: ({ platform }) => when(platform === 'darwin', 'darwin has no seqpacket sockets'),
  fifoHangup: ({ kernel }) =>
    when(kernel === 'darwin', 'darwin tells neither end of a named FIFO that the other has gone'),
  fifoEndStays: ({ kernel }) =>
    when(kernel === 'netbsd', 'netbsd takes the end of a FIFO back once a read has returned 0'),
  fifoWriters: ({ kernel }) =>
    when(kernel === 'netbsd', 'netbsd tells a writer of a FIFO nothing, and pollux refuses it'),
  oneWayPipes: ({ kernel }) =>
    when(kernel === 'freebsd' || kernel === 'openbsd', `${kernel} has pipes that carry data both ways`),
};

/** Why a clause with `needs` means nothing in `environment`; undefined where it does. */
export function gateOf(needs: readonly Need[], environment: Environment): string | undefined {
  for (const need of needs) {
    const reason = GATES[need](environment);
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

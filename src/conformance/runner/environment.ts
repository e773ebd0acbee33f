import { spawnSync } from 'node:child_process';
import type { Capabilities, Poller } from '../../poller.js';
import type { Environment, Lacks } from '../kit/needs.js';
import type { PollerSource } from '../kit/setup.js';
import { flawsOfBatch, flawsOfPoller } from './interface-check.js';
import { KEEPS_DESCRIPTORS_OF_CHILDREN, KEEPS_DESCRIPTORS_OF_SIGNALS } from '../../runtime.js';

/**
 * kqueue on Linux is the simulator of a development build. KQUEUE_PERSONALITY names the kernel that the simulator
 * follows.
 */
function kernelOf(backend: string): string {
  if (backend !== 'kqueue' || process.platform !== 'linux') return process.platform;
  return process.env['KQUEUE_PERSONALITY'] || 'freebsd';
}

/** What the runtime opens once and keeps is opened before the first clause, so that no clause is blamed for it. */
function openWhatTheHostKeeps(): void {
  if (KEEPS_DESCRIPTORS_OF_CHILDREN) spawnSync('true', { stdio: 'ignore' });
  if (KEEPS_DESCRIPTORS_OF_SIGNALS) process.once('SIGCHLD', () => {}).removeAllListeners('SIGCHLD');
}

/**
 * Opens a poller of `source` and returns what the poller claims.
 *
 * @throws TypeError `createPoller()` returns no poller, or `wait()` no batch; the message names all that is missing.
 */
export function environmentOf(source: PollerSource, ownProcess: boolean): Environment {
  openWhatTheHostKeeps();
  const poller = source.createPoller({});
  try {
    refuse('createPoller() returned no poller', flawsOfPoller(poller));
    refuse('wait() returned no batch', flawsOfWait(poller));
    const { driver } = source;
    const lacks = { ...source.lacks, ...driver?.lacks };
    return {
      backend: String(poller.backend),
      capabilities: capabilitiesOf(poller, lacks),
      platform: process.platform,
      kernel: kernelOf(String(poller.backend)),
      shares: source.share !== undefined,
      ownProcess,
      inProcess: driver === undefined,
      pid: driver?.pid ?? process.pid,
      lacks,
    };
  } finally {
    if (typeof poller?.close === 'function') poller.close();
  }
}

/** What `poller` claims, without what it is said to lack. */
function capabilitiesOf({ capabilities }: Poller, lacks: Lacks): Capabilities {
  const denied = Object.keys(lacks).filter((name) => name in capabilities);
  return { ...capabilities, ...Object.fromEntries(denied.map((name) => [name, false])) };
}

/**
 * What the batch of a wait lacks. A wake is pending, so that a wait that ignores its timeout returns; what throws is
 * left to the clauses.
 */
function flawsOfWait(poller: Poller): string[] {
  let batch: unknown;
  try {
    poller.wake();
    batch = poller.wait(0);
  } catch {
    return [];
  }
  return flawsOfBatch(batch);
}

function refuse(complaint: string, flaws: readonly string[]): void {
  if (flaws.length > 0) throw new TypeError(`${complaint}: ${flaws.join('; ')}`);
}

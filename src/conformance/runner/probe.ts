import { spawnSync } from 'node:child_process';
import type { Poller } from '../../poller.js';
import type { Environment } from '../kit/needs.js';
import { flawsOfBatch, flawsOfPoller } from './shape.js';
import type { Subject } from '../kit/subject.js';

/** kqueue on Linux is the simulator's of a development build, as the kernel that KQUEUE_PERSONALITY names. */
function kernelOf(backend: string): string {
  if (backend !== 'kqueue' || process.platform !== 'linux') return process.platform;
  return process.env['KQUEUE_PERSONALITY'] || 'freebsd';
}

/**
 * Bun opens descriptors of its own for its first child process, Deno for its first signal: they are not to count as
 * left open by a clause.
 */
function openWhatTheHostKeeps(): void {
  const { bun, deno } = process.versions as Record<string, string | undefined>;
  if (bun !== undefined) spawnSync('true', { stdio: 'ignore' });
  if (deno !== undefined) process.once('SIGCHLD', () => {}).removeAllListeners('SIGCHLD');
}

/**
 * Opens a poller of `subject` to see what it says of itself.
 *
 * @throws TypeError where it is no poller, or its wait() returns no batch: with all that is missing.
 */
export function probe(subject: Subject, ownProcess: boolean): Environment {
  openWhatTheHostKeeps();
  const poller = subject.createPoller({});
  try {
    refuse('createPoller() returned no poller', flawsOfPoller(poller));
    refuse('wait() returned no batch', flawsOfWait(poller));
    return {
      backend: String(poller.backend),
      capabilities: { ...poller.capabilities },
      platform: process.platform,
      kernel: kernelOf(String(poller.backend)),
      shares: subject.share !== undefined,
      ownProcess,
    };
  } finally {
    if (typeof poller?.close === 'function') poller.close();
  }
}

/** Waits with a wake pending, so that a wait that blocks where it must not returns. What throws is for its clauses. */
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

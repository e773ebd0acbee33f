import { spawnSync } from 'node:child_process';
import type { Environment } from './needs.js';
import type { Subject } from './subject.js';

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

/** Opens a poller of `subject` to see what it says of itself. */
export function probe(subject: Subject, ownProcess: boolean): Environment {
  openWhatTheHostKeeps();
  const poller = subject.createPoller({});
  if (typeof poller?.close !== 'function') throw new TypeError('createPoller() returned no poller: an object without close()');
  try {
    return {
      backend: String(poller.backend),
      capabilities: { ...poller.capabilities },
      platform: process.platform,
      kernel: kernelOf(String(poller.backend)),
      shares: subject.share !== undefined,
      ownProcess,
    };
  } finally {
    poller.close();
  }
}

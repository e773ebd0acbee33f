import { spawnSync } from 'node:child_process';
import { CLI } from './paths.js';
import { RUNTIME } from './runtime.js';

export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

/** Runs `pollux ARGS` on this runtime. */
export function pollux(args: readonly string[], env: NodeJS.ProcessEnv = {}): Ended {
  return spawnSync(process.execPath, [CLI, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: 60_000,
  });
}

/** Runs `pollux ARGS` in a shell, where `$pollux` in `script` stands for it. */
export function polluxInShell(script: string, env: NodeJS.ProcessEnv = {}): Ended {
  // Deno translates the command line of a child that it starts itself, not of one that a shell starts.
  const run = RUNTIME !== 'deno' ? '' : ' run --allow-all --no-lock --node-modules-dir=manual';
  const text = script.replaceAll('$pollux', `'${process.execPath}'${run} '${CLI}'`);
  return spawnSync('/bin/bash', ['-c', text], { encoding: 'utf8', env: { ...process.env, ...env }, timeout: 60_000 });
}

import { spawnSync } from 'node:child_process';
import { CLI } from './paths.js';
import { RUNTIME } from './runtime.js';

export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

/** More than a command takes on a machine that is busy. */
const TIMEOUT_MS = 120_000;
/** What `pollux conformance` says of a package that takes longer than two seconds to load: the machine is busy. */
const NOTICE = /^pollux: .* is still loading, or its createPoller\(\) has not returned; .*\n/gm;

/** Runs `pollux ARGS` on this runtime. Its notice that the package still loads is not part of what it returns. */
export function pollux(args: readonly string[], env: NodeJS.ProcessEnv = {}): Ended {
  return ended(process.execPath, [CLI, ...args], env);
}

/** Runs `pollux ARGS` in a shell, where `$pollux` in `script` stands for it. The same notice is left out. */
export function polluxInShell(script: string, env: NodeJS.ProcessEnv = {}): Ended {
  // Deno translates the command line of a child that it starts itself, not of one that a shell starts.
  const run = RUNTIME !== 'deno' ? '' : ' run --allow-all --no-lock --node-modules-dir=manual';
  const text = script.replaceAll('$pollux', `'${process.execPath}'${run} '${CLI}'`);
  return ended('/bin/bash', ['-c', text], env);
}

function ended(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Ended {
  const options = { encoding: 'utf8', env: { ...process.env, ...env }, timeout: TIMEOUT_MS } as const;
  const { stdout, stderr, status } = spawnSync(program, args, options);
  return { stdout, stderr: stderr.replace(NOTICE, ''), status };
}

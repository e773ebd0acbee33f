import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Programs } from '../kit/setup.js';

/** Starts the programs of the system that clauses need. */
export const programs: Programs = {
  makeFifo(path) {
    execFileSync('mkfifo', [path], { stdio: 'ignore' });
  },
  async shell(script) {
    const shell = spawn('/bin/sh', ['-c', script, String(process.pid)], { stdio: 'ignore' });
    const [status, signal] = (await once(shell, 'exit')) as [number | null, NodeJS.Signals | null];
    return [status, signal];
  },
};

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Programs } from '../kit/setup.js';

/** A minute is longer than any clause may take, and ends a process whose clause was killed. */
const A_MINUTE = 'exec sleep 60';
/** The shell writes the number of its child to the file $0. */
const A_MINUTE_WITH_CHILD = 'sleep 60 & echo $! > "$0"; wait';

/** Starts the programs of the system that clauses need. */
export const programs: Programs = {
  makeFifo(path) {
    execFileSync('mkfifo', [path], { stdio: 'ignore' });
  },
  startProcess(path) {
    const script = path === undefined ? ['-c', A_MINUTE] : ['-c', A_MINUTE_WITH_CHILD, path];
    const started = spawn('/bin/sh', script, { stdio: 'ignore' });
    if (started.pid === undefined) throw new Error('/bin/sh cannot be started');
    const exited = once(started, 'exit');
    return {
      pid: started.pid,
      kill: () => void started.kill('SIGKILL'),
      ended: async () => void (await exited),
    };
  },
  async shell(script, pid) {
    const shell = spawn('/bin/sh', ['-c', script, String(pid)], { stdio: 'ignore' });
    const [status, signal] = (await once(shell, 'exit')) as [number | null, NodeJS.Signals | null];
    return [status, signal];
  },
};

// Runs a tool that has to succeed.
import { spawnSync } from 'node:child_process';
import { ROOT } from '../root.mjs';

/** Runs a command in the repository; shows what the command printed only if it fails, and then ends this process. */
export function execute(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28, ...options });
  if (result.status === 0) return result.stdout;
  process.stderr.write(`\n${result.stdout ?? ''}${result.stderr ?? ''}`);
  const reason =
    result.error?.message ?? (result.signal ? `killed by ${result.signal}` : `exit status ${result.status}`);
  return fail(`${command} ${args.join(' ')}: ${reason}`);
}

/** Ends this process with a line that says why. */
export function fail(reason) {
  process.stderr.write(`\npollux: ${reason}\n`);
  process.exit(1);
}

// Test files that make system calls fail import this module first. It runs the file
// again in a child process with test/native/faults loaded before libc.
import { spawnSync } from 'node:child_process';
import { nativeAddon } from './paths.js';

export const FAULTS_FILE = nativeAddon('faults');

const loaded = (process.env['LD_PRELOAD'] ?? '').split(':').filter((file) => file !== '');

if (process.platform === 'linux' && !loaded.includes(FAULTS_FILE)) {
  const env = { ...process.env, LD_PRELOAD: [FAULTS_FILE, ...loaded].join(':') };
  const { status, signal } = spawnSync(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    env,
    stdio: 'inherit',
  });
  if (signal !== null) process.kill(process.pid, signal);
  process.exit(status ?? 1);
}

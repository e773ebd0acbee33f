import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { CALLS } from '../trace/trace.js';

/**
 * What makes the recording complete and cheap. Signals stay in it, because strace tells of a task that was killed with
 * them. No -y: strace would look up each descriptor of each call, and with -yy ask for all sockets of the machine at
 * each new connection; what a descriptor is, the calls that made it say. A `?` before a name: strace may not know it.
 */
const BASIC = ['-f', '-ttt', '-T', '-s', '0', '-e', 'abbrev=execve,execveat'];
const TRACED = ['-e', `trace=${CALLS.map((name) => `?${name}`).join(',')}`];
/** Calls that are not traced do not stop the program: strace 5.3. */
const QUICK = ['--seccomp-bpf'];

/** How to run strace here, or why that is not possible. */
export type Strace = { readonly options: readonly string[] } | { readonly lack: string };

export function findStrace(): Strace {
  if (process.platform !== 'linux') return { lack: `strace(1) is a program of Linux, and this is ${process.platform}` };
  if (pathOf('strace') === undefined) return { lack: `strace(1) is not installed. ${howToGetStrace()}` };
  let message = '';
  for (const options of [
    [...BASIC, ...QUICK, ...TRACED],
    [...BASIC, ...TRACED],
  ]) {
    const { status, stderr } = spawnSync('strace', [...options, '-o', '/dev/null', 'true'], { encoding: 'utf8' });
    if (status === 0) return { options };
    message = stderr;
  }
  return { lack: whyNot(message) };
}

const PACKAGES: Readonly<Record<string, string>> = {
  'apt-get': 'apt-get install strace',
  dnf: 'dnf install strace',
  apk: 'apk add strace',
  pacman: 'pacman -S strace',
  zypper: 'zypper install strace',
};

function howToGetStrace(): string {
  const command = Object.entries(PACKAGES).find(([name]) => pathOf(name) !== undefined)?.[1];
  return command === undefined ? 'See https://strace.io' : `Get it with: ${command}`;
}

/** Why strace could not trace a program that does nothing. */
function whyNot(message: string): string {
  const said = message.trim().split('\n').slice(0, 3).join('; ');
  if (!/ptrace|PTRACE|not permitted|Permission denied/.test(message)) return `strace failed: ${said}`;
  const status = textOf('/proc/self/status');
  const tracer = /^TracerPid:\s+([1-9]\d*)/m.exec(status)?.[1];
  const scope = textOf('/proc/sys/kernel/yama/ptrace_scope').trim();
  if (tracer !== undefined)
    return `strace may not trace: process ${tracer} traces this one already, and a process has one tracer. strace said: ${said}`;
  if (scope === '2' || scope === '3') {
    const cure = scope === '2' ? 'run it as root, or set it to 1' : 'it can be changed by a restart only';
    return `strace may not trace: /proc/sys/kernel/yama/ptrace_scope is ${scope} (${cure}). strace said: ${said}`;
  }
  return (
    'strace may not trace: ptrace(2) is forbidden here. In a container, start it with --cap-add=SYS_PTRACE, or with a ' +
    `seccomp profile that allows ptrace. strace said: ${said}`
  );
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

/** Prints the path of a command. `command -v` would name the builtin where the shell has one. */
const LOOK_UP = `case $1 in
  */*) test -f "$1" && test -x "$1" && echo "$1" ;;
  *) IFS=:; for folder in $PATH; do test -f "$folder/$1" && test -x "$folder/$1" && echo "$folder/$1" && break; done ;;
esac`;

/** Where a command is; undefined: nowhere. */
export function pathOf(command: string): string | undefined {
  const { stdout } = spawnSync('/bin/sh', ['-c', LOOK_UP, 'sh', command], { encoding: 'utf8' });
  return (stdout ?? '').trim() || undefined;
}

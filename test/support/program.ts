import { spawnSync } from 'node:child_process';
import { programFile } from './paths.js';
import { RUNTIME } from './runtime.js';

const TIME_LIMIT_MS = 120_000;

/** Deno translates the command line of a child that it starts itself, not of one that another program starts. */
const RUN = RUNTIME !== 'deno' ? [] : ['run', '--allow-all', '--no-lock', '--node-modules-dir=manual'];

interface Printed {
  stdout: string;
  stderr: string;
}

/** What a program of test/programs printed, on this runtime. */
export function runProgram(name: string, ...args: string[]): Printed {
  return run(process.execPath, [fileOf(name), ...args]);
}

/** As runProgram(), but another program starts it, as `wrap` says. */
export function runProgramBy(wrap: (...command: string[]) => string[], name: string, ...rest: string[]): Printed {
  return runFileBy(wrap, fileOf(name), ...rest);
}

/** The command with which another program runs `file` on this runtime. */
export function commandFor(file: string): string[] {
  return [process.execPath, ...RUN, file];
}

/** What the program `file` printed, which another program starts on this runtime. */
export function runFileBy(wrap: (...command: string[]) => string[], file: string, ...rest: string[]): Printed {
  const [command, ...args] = wrap(...commandFor(file), ...rest);
  return run(command!, args);
}

function fileOf(name: string): string {
  return programFile(name);
}

function run(command: string, args: string[]): Printed {
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: TIME_LIMIT_MS });
  return { stdout, stderr };
}

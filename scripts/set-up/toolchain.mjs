// What it takes to compile C++ with node-gyp.
import { spawnSync } from 'node:child_process';

/** The command of a C++ compiler that runs, with its first arguments; undefined when there is none. */
export function findCompiler() {
  const candidates = [process.env.CXX, 'c++', 'g++', 'clang++'].filter(Boolean).map((text) => text.split(' '));
  return candidates.find(([command, ...args]) => runs(command, ...args));
}

/** Why C++ cannot be compiled here; undefined where it can. */
export function toolchainProblem() {
  if (findCompiler() === undefined) return 'there is no C++ compiler (c++, g++, clang++ or CXX)';
  if (!runs('make') && !runs('gmake')) return 'there is no make';
  if (![process.env.PYTHON, 'python3', 'python'].some((name) => name !== undefined && runs(name)))
    return 'there is no python3';
  return undefined;
}

function runs(command, ...args) {
  return spawnSync(command, [...args, '--version']).status === 0;
}

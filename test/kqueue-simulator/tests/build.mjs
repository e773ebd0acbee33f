// Compiles the simulator with c++ and cc into a temporary folder.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const cxxFlags = ['-std=c++17', '-O1', '-g', '-Wall', '-Wextra', '-Werror', '-fno-exceptions', '-fno-rtti', '-pthread'];

function run(command, args) {
  execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
}

/** A folder that is removed when the process ends. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'kqueue-simulator-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Returns the object files of the simulator, compiled with `extraFlags`. */
export function compileSimulator(folder, extraFlags = []) {
  const sources = readdirSync(join(root, 'src')).filter((name) => name.endsWith('.cc'));
  return sources.map((name) => {
    const object = join(folder, `${basename(name, '.cc')}.o`);
    run('c++', [...cxxFlags, ...extraFlags, `-I${join(root, 'include')}`, '-c', join(root, 'src', name), '-o', object]);
    return object;
  });
}

/** Compiles a C++ test program and links it with the simulator's objects. */
export function linkTest(folder, name, objects, extraFlags = []) {
  const program = join(folder, name);
  const source = join(root, 'tests', `${name}.cc`);
  run('c++', [...cxxFlags, ...extraFlags, `-I${join(root, 'include')}`, source, ...objects, '-o', program]);
  return program;
}

// kqtab.c asks `#ifdef EVFILT_USER` and the like, so it is compiled with the header of the kernel in question. The
// NetBSD output comes from a system where its Linux-only rows, which use EVFILT_USER, do not exist either.
const kqtabFlags = {
  freebsd: ['-DKQUEUE_HEADER_FREEBSD'],
  netbsd: ['-DKQUEUE_HEADER_NETBSD', '-U__linux__', '-Dsin_len=sin_zero[0]'],
};

/** Compiles the reference program for one personality. */
export function linkKqtab(folder, personality, objects) {
  const object = join(folder, `kqtab-${personality}.o`);
  const program = join(folder, `kqtab-${personality}`);
  const includes = [`-I${join(root, 'include')}`, `-I${join(root, 'kqtab')}`];
  const source = join(root, 'kqtab', 'kqtab.c');
  run('cc', ['-D_GNU_SOURCE', '-w', ...kqtabFlags[personality], ...includes, '-c', source, '-o', object]);
  run('c++', ['-pthread', object, ...objects, '-o', program]);
  return program;
}

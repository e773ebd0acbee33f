// Loads a binary for musl into a small program: with every name of Node-API that it asks for present, and bound
// at once, it loads only if the C library has all the others.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crossCompiler, crossCompilerEnvironment } from '../prebuild/cross-compiler.mjs';
import { readElf } from '../prebuild/elf.mjs';
import { EXPORTS } from '../prebuild/targets.mjs';

/**
 * What Debian's package musl calls the loader, and the first instructions: this compiler makes no dynamic program for
 * musl.
 */
const LOADERS = {
  x64: {
    name: 'ld-musl-x86_64.so.1',
    run: [],
    start: 'xor %ebp, %ebp\\n mov %rsp, %rdi\\n and $-16, %rsp\\n call start',
  },
  arm64: {
    name: 'ld-musl-aarch64.so.1',
    run: ['qemu-aarch64-static'],
    start: 'mov x0, sp\\n and sp, x0, #-16\\n b start',
  },
};

const MAIN = `
#include <dlfcn.h>
#include <stdio.h>
int __libc_start_main(int (*)(int, char**), int, char**);
int main(int argc, char** argv) {
  void* library = dlopen(argv[1], RTLD_NOW);
  if (library == NULL) { puts(dlerror()); return 1; }
  for (int i = 2; i < argc; i++) {
    if (dlsym(library, argv[i]) == NULL) { puts(dlerror()); return 1; }
  }
  puts("loaded");
  return 0;
}
void start(long* stack) { __libc_start_main(main, *stack, (char**)(stack + 1)); }
`;

/** Why the musl binary `file` does not load; undefined when it does. `problem`: why it was not tried. */
export function loadOnMusl({ arch, target }, file, scratch) {
  const { name, run, start } = LOADERS[arch];
  const loader = [process.env.MUSL_LIB, '/lib']
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
  if (loader === undefined) return { problem: `no ${name}: Debian's package musl, in /lib or in MUSL_LIB` };
  const source = join(scratch, 'host.c');
  const napi = readElf(readFileSync(file)).imports.filter((symbol) => symbol.startsWith('napi_'));
  writeFileSync(
    source,
    napi.map((symbol) => `int ${symbol}(void) { return 0; }\n`).join('') +
      MAIN +
      `__asm__(".globl entry\\nentry: ${start}");\n`,
  );
  const program = join(scratch, `host-${arch}`);
  const compiled = spawnSync(
    crossCompiler(),
    ['cc', '-target', target, '-shared', '-fPIC', '-Wl,-e,entry', source, '-o', program],
    {
      env: crossCompilerEnvironment(),
      encoding: 'utf8',
    },
  );
  if (compiled.status !== 0) throw new Error(compiled.stderr);
  const [command, ...args] = [...run, loader, program, file, ...EXPORTS];
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 && stdout === 'loaded\n' ? {} : { failure: `${stdout ?? ''}${stderr ?? error?.message}`.trim() };
}

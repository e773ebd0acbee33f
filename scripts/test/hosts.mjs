// The runtimes that the released binaries are run on here, and the command that starts each.
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Debian's names of the processors that qemu-user stands in for. */
const EMULATED = {
  arm64: { qemu: 'qemu-aarch64-static', prefix: '/usr/aarch64-linux-gnu' },
  arm: { qemu: 'qemu-arm-static', prefix: '/usr/arm-linux-gnueabihf' },
  s390x: { qemu: 'qemu-s390x-static', prefix: '/usr/s390x-linux-gnu' },
  ppc64: { qemu: 'qemu-ppc64le-static', prefix: '/usr/powerpc64le-linux-gnu' },
};

const NODES = [
  '18-x64',
  '20-x64',
  '22-x64',
  '24-x64',
  '25-x64',
  '26-x64',
  '22-arm64',
  '24-arm64',
  '20-arm',
  '20-s390x',
  '20-ppc64',
];

/** Each host: for which binary, its name, the command, and why it cannot run on this machine. */
export function hosts(modules, scratch) {
  const x64 = 'linux-x64/pollux.glibc.node';
  return [
    ...NODES.map((name) => node(name, modules, scratch)),
    { file: x64, name: 'Bun', command: [join(modules, '@oven/bun-linux-x64/bin/bun')] },
    { file: x64, name: 'Deno', command: [join(modules, '@deno/linux-x64-glibc/deno'), 'run', '-A'] },
  ];
}

function node(name, modules, scratch) {
  const [, arch] = name.split('-');
  const file = `linux-${arch}/pollux.glibc.node`;
  const program = join(modules, `node-${name}`, 'bin', 'node');
  if (arch === 'x64') return { file, name: 'Node', command: [program] };
  const { qemu, prefix } = EMULATED[arch];
  const problem =
    spawnSync(qemu, ['--version']).status !== 0
      ? `${qemu} is not installed`
      : existsSync(prefix)
        ? undefined
        : `${prefix} is missing: libc6-ARCH-cross, libstdc++6-ARCH-cross, libatomic1-ARCH-cross`;
  // The suite starts its processes from process.execPath, which the kernel cannot run: they go through a script.
  const script = join(scratch, name);
  writeFileSync(script, `#!/bin/sh\nQEMU_LD_PREFIX=${prefix} exec ${qemu} "${program}" "$@"\n`, { mode: 0o755 });
  const preload = join(scratch, `${name}.cjs`);
  writeFileSync(preload, `process.execPath = ${JSON.stringify(script)};\n`);
  return { file, name: 'Node', how: 'qemu-user', command: [script, '--require', preload], problem };
}

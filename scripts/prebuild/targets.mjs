// The binaries that are released: for whom, and with which flags.

/** The libc that a Linux binary is linked to decides its name; node-gyp-build looks for it. */
const linux = (arch, libc, target) => ({ platform: 'linux', arch, libc, backend: 'linux', target });
const darwin = (arch, target) => ({ platform: 'darwin', arch, backend: 'bsd', target });

export const TARGETS = [
  linux('x64', 'glibc', 'x86_64-linux-gnu.2.17'),
  linux('x64', 'musl', 'x86_64-linux-musl'),
  linux('arm64', 'glibc', 'aarch64-linux-gnu.2.17'),
  linux('arm64', 'musl', 'aarch64-linux-musl'),
  linux('arm', 'glibc', 'arm-linux-gnueabihf.2.17'),
  linux('s390x', 'glibc', 's390x-linux-gnu.2.17'),
  linux('ppc64', 'glibc', 'powerpc64le-linux-gnu.2.19'),
  linux('riscv64', 'glibc', 'riscv64-linux-gnu.2.27'),
  darwin('x64', 'x86_64-macos.11.0'),
  darwin('arm64', 'aarch64-macos.11.0'),
].map((target) => ({ ...target, file: fileOf(target) }));

function fileOf({ platform, arch, libc }) {
  return `${platform}-${arch}/pollux${libc === undefined ? '' : `.${libc}`}.node`;
}

/** What a released file exports, on every system. */
export const EXPORTS = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];

/**
 * What a release adds to the flags of native/pollux.gypi: small rather than fast, which saves 3 to 14 KB of each file,
 * and whose cost in time is smaller than the difference between two runs; no tables for walking the stack, which only
 * exceptions need; and no complaint about flags of node-gyp that a target has no use for.
 */
export const RELEASE_FLAGS = [
  '-Os',
  '-fno-unwind-tables',
  '-fno-asynchronous-unwind-tables',
  '-Wno-unused-command-line-argument',
];

/** The targets whose file name contains one of `words`; all when there are none. */
export function selectTargets(words) {
  for (const word of words) {
    if (!TARGETS.some(({ file }) => file.includes(word)))
      throw new Error(`no target is called ${word}: ${TARGETS.map(({ file }) => file).join(', ')}`);
  }
  return words.length === 0 ? TARGETS : TARGETS.filter(({ file }) => words.some((word) => file.includes(word)));
}

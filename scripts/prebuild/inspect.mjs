// What a released binary must be, judged from its bytes.
import { readElf } from './elf.mjs';
import { readMachO } from './mach-o.mjs';
import { EXPORTS } from './targets.mjs';

const MOST_BYTES = 192 * 1024;
const NEWEST_GLIBC = [2, 28];
const NEWEST_MACOS = [11, 0];
const LIBRARIES = {
  glibc: ['libdl.so.2', 'libpthread.so.0', 'libc.so.6'],
  musl: ['libc.so'],
  darwin: ['/usr/lib/libSystem.B.dylib'],
};

/** What `bytes`, the binary of `target`, is: its readable part, and what is wrong with it. */
export function inspect(target, bytes) {
  const library = target.platform === 'darwin' ? readMachO(bytes) : readElf(bytes);
  const wrong = [];
  const expect = (isRight, what) => {
    if (!isRight) wrong.push(what);
  };
  expect(bytes.length <= MOST_BYTES, `${bytes.length} bytes, at most ${MOST_BYTES}`);
  expect(library.machine === target.arch, `made for ${library.machine}`);
  const known = LIBRARIES[target.libc ?? target.platform];
  const foreign = library.libraries.filter((name) => !known.includes(name));
  expect(foreign.length === 0, `loads ${foreign.join(', ')}`);
  expect([...library.exports].sort().join() === EXPORTS.join(), `exports ${library.exports.join(', ')}`);
  const uv = library.imports.filter((name) => name.startsWith('uv_'));
  expect(uv.length === 0, `imports ${uv.join(', ')}`);
  if (target.libc === 'glibc') expect(isAtMost(library.glibc, NEWEST_GLIBC), `needs glibc ${library.glibc?.join('.')}`);
  if (target.platform === 'darwin') {
    const napi = library.imports.filter((name) => name.startsWith('napi_')).sort();
    expect(
      napi.join() === [...library.importsFromHost].sort().join(),
      'looks other names up in the host than those of Node-API',
    );
    expect(library.type === 'dylib', `is a ${library.type}`);
    expect(isAtMost(library.macos, NEWEST_MACOS), `needs macOS ${library.macos?.join('.')}`);
    // An Intel processor runs code without a signature, an Apple processor does not.
    expect(library.signature === (target.arch === 'arm64' ? 'ad hoc' : 'none'), `signature: ${library.signature}`);
  }
  return { library, wrong };
}

/** The oldest system that `library` runs on, in words. */
export function floorOf(target, library) {
  if (target.platform === 'darwin') return `macOS ${library.macos.join('.')}`;
  return target.libc === 'glibc' ? `glibc ${library.glibc.join('.')}` : target.libc;
}

function isAtMost(version, limit) {
  return version !== undefined && (version[0] - limit[0] || version[1] - limit[1]) <= 0;
}

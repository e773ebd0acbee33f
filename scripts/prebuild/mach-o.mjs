// Reads what a loader reads of a shared library for macOS: 64 bits, little endian.
import { createHash } from 'node:crypto';

const LC = { SYMTAB: 2, LOAD_DYLIB: 12, CODE_SIGNATURE: 0x1d, DYLD_INFO: 0x22, BUILD_VERSION: 0x32 };
const MACHINES = { 16777223: 'x64', 16777228: 'arm64' };
const FILE_TYPES = { 6: 'dylib', 8: 'bundle' };
/** The linker's own names. */
const OF_THE_LINKER = ['__mh_dylib_header', '___dso_handle', 'dyld_stub_binder'];

/** `bytes` as a library: what it is made for, loads, imports and exports, the oldest macOS, and its signature. */
export function readMachO(bytes) {
  const commands = readCommands(bytes);
  const [symbolTable] = commands.filter(({ id }) => id === LC.SYMTAB);
  const symbols = readSymbols(bytes, symbolTable.at);
  const [info] = commands.filter(({ id }) => id === LC.DYLD_INFO);
  const [version] = commands.filter(({ id }) => id === LC.BUILD_VERSION);
  const [signature] = commands.filter(({ id }) => id === LC.CODE_SIGNATURE);
  const names = (list) =>
    list
      .map(({ name }) => name)
      .filter((name) => !OF_THE_LINKER.includes(name))
      .map((name) => name.slice(1));
  return {
    machine: MACHINES[bytes.readUInt32LE(4)],
    type: FILE_TYPES[bytes.readUInt32LE(12)],
    libraries: commands
      .filter(({ id }) => id === LC.LOAD_DYLIB)
      .map(({ at }) => text(bytes, at + bytes.readUInt32LE(at + 8))),
    imports: names(symbols.filter(({ isDefined }) => !isDefined)),
    // One whose address is taken is bound at load, and again at its first call.
    importsFromHost: [...new Set(names(readBindings(bytes, info.at).filter(({ library }) => library === 'any')))],
    exports: names(symbols.filter(({ isDefined, isExternal }) => isDefined && isExternal)),
    macos: version === undefined ? undefined : [bytes.readUInt16LE(version.at + 14), bytes[version.at + 13]],
    signature: signature === undefined ? 'none' : checkSignature(bytes, bytes.readUInt32LE(signature.at + 8)),
  };
}

function readCommands(bytes) {
  const commands = [];
  for (let at = 32, left = bytes.readUInt32LE(16); left > 0; left--, at += bytes.readUInt32LE(at + 4)) {
    commands.push({ id: bytes.readUInt32LE(at) & 0x7fffffff, at });
  }
  return commands;
}

function readSymbols(bytes, command) {
  const [start, count, strings] = [8, 12, 16].map((field) => bytes.readUInt32LE(command + field));
  return Array.from({ length: count }, (_, index) => start + index * 16).map((at) => ({
    name: text(bytes, strings + bytes.readUInt32LE(at)),
    isDefined: (bytes[at + 4] & 0x0e) !== 0,
    isExternal: (bytes[at + 4] & 0x11) === 0x01,
  }));
}

/**
 * The symbols that dyld binds at load and at the first call, each with its library: a number in the order of the
 * loaded ones, or 'any' image of the process. They are written as a program for dyld (mach-o/loader.h, BIND_OPCODE).
 */
function readBindings(bytes, command) {
  const bindings = [];
  for (const field of [16, 32]) {
    let at = bytes.readUInt32LE(command + field);
    const end = at + bytes.readUInt32LE(command + field + 4);
    let library = 0;
    let name = '';
    while (at < end) {
      const [opcode, operand] = [bytes[at] >> 4, bytes[at] & 15];
      at++;
      if (opcode === 1) library = operand;
      else if (opcode === 3) library = operand === 14 ? 'any' : operand;
      else if (opcode === 4) {
        name = text(bytes, at);
        at += name.length + 1;
      } else if (opcode >= 9) bindings.push({ name, library });
      for (let numbers = NUMBERS_AFTER[opcode] ?? 0; numbers > 0; numbers--) {
        while ((bytes[at++] & 0x80) !== 0);
      }
    }
  }
  return bindings;
}

/** How many numbers of variable length (LEB128) follow an opcode. */
const NUMBERS_AFTER = { 2: 1, 6: 1, 7: 1, 8: 1, 10: 1, 12: 2 };

/** 'ad hoc' when the file is what the digests in its code directory say; otherwise what is wrong. Big endian. */
function checkSignature(bytes, start) {
  const directory = start + bytes.readUInt32BE(start + 16);
  const field = (offset) => bytes.readUInt32BE(directory + offset);
  if (bytes.readUInt32BE(start) !== 0xfade0cc0 || field(0) !== 0xfade0c02) return 'not understood';
  const [hashes, count, end] = [field(16), field(28), field(32)];
  const [size, type, pageSize] = [bytes[directory + 36], bytes[directory + 37], 2 ** bytes[directory + 39]];
  if (type !== 2 || size !== 32 || count !== Math.ceil(end / pageSize)) return 'not understood';
  for (let page = 0; page < count; page++) {
    const digest = createHash('sha256')
      .update(bytes.subarray(page * pageSize, Math.min((page + 1) * pageSize, end)))
      .digest();
    const at = directory + hashes + page * size;
    if (!digest.equals(bytes.subarray(at, at + size))) return `page ${page} differs from its digest`;
  }
  return (field(12) & 2) !== 0 ? 'ad hoc' : 'signed';
}

function text(bytes, at) {
  return bytes.toString('latin1', at, bytes.indexOf(0, at));
}

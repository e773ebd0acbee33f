// Reads what a loader reads of a shared library in ELF: 32 or 64 bits, either byte order.

const DT_NEEDED = 1;
const SHT = { DYNAMIC: 6, DYNSYM: 11, GNU_VERNEED: 0x6ffffffe };
const MACHINES = { 3: 'ia32', 21: 'ppc64', 22: 's390x', 40: 'arm', 62: 'x64', 183: 'arm64', 243: 'riscv64' };

/** `bytes` as a library: what it is made for, loads, imports and exports, and the newest glibc that it asks for. */
export function readElf(bytes) {
  const wide = bytes[4] === 2;
  const read = reader(bytes, wide, bytes[5] === 1);
  const sections = readSections(read, wide);
  const strings = (section) => (at) => read.text(sections[section.link].offset + at);
  const [dynamic] = sections.filter(({ type }) => type === SHT.DYNAMIC);
  const [symbolTable] = sections.filter(({ type }) => type === SHT.DYNSYM);
  const entries = records(dynamic, wide ? 16 : 8).map((at) => [read.word(at), read.word(at + (wide ? 8 : 4))]);
  const symbols = records(symbolTable, wide ? 24 : 16)
    .slice(1)
    .map((at) => ({
      name: strings(symbolTable)(read.u32(at)),
      isDefined: read.u16(at + (wide ? 6 : 14)) !== 0,
    }));
  return {
    machine: MACHINES[read.u16(18)],
    libraries: entries.filter(([tag]) => tag === DT_NEEDED).map(([, at]) => strings(dynamic)(at)),
    imports: symbols.filter(({ isDefined }) => !isDefined).map(({ name }) => name),
    exports: symbols.filter(({ isDefined }) => isDefined).map(({ name }) => name),
    glibc: newest(
      sections
        .filter(({ type }) => type === SHT.GNU_VERNEED)
        .flatMap((section) => versions(read, section, strings(section))),
    ),
  };
}

function reader(bytes, wide, little) {
  const u16 = (at) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const u32 = (at) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const u64 = (at) => Number(little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
  return { u16, u32, word: wide ? u64 : u32, text: (at) => bytes.toString('latin1', at, bytes.indexOf(0, at)) };
}

function readSections(read, wide) {
  const start = read.word(wide ? 40 : 32);
  const [size, count] = [read.u16(wide ? 58 : 46), read.u16(wide ? 60 : 48)];
  return Array.from({ length: count }, (_, index) => start + index * size).map((at) => ({
    type: read.u32(at + 4),
    offset: read.word(at + (wide ? 24 : 16)),
    size: read.word(at + (wide ? 32 : 20)),
    link: read.u32(at + (wide ? 40 : 24)),
  }));
}

function records(section, size) {
  return Array.from({ length: Math.floor(section.size / size) }, (_, index) => section.offset + index * size);
}

/** The symbol versions that a section of the type GNU_VERNEED asks for: a list of lists. */
function versions(read, section, text) {
  const names = [];
  for (let need = section.offset, more = true; more; need += read.u32(need + 12)) {
    for (let index = 0, at = need + read.u32(need + 8); index < read.u16(need + 2); index++, at += read.u32(at + 12)) {
      names.push(text(read.u32(at + 8)));
    }
    more = read.u32(need + 12) !== 0;
  }
  return names;
}

/** The greatest of the names GLIBC_2.x, as [2, x]; undefined when there are none. */
function newest(names) {
  return names
    .map((name) => /^GLIBC_(\d+)\.(\d+)/.exec(name))
    .filter((match) => match !== null)
    .map(([, major, minor]) => [Number(major), Number(minor)])
    .sort(([a, b], [c, d]) => a - c || b - d)
    .at(-1);
}

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ROOT } from '../support/paths.js';
import { suite } from '../support/suite.js';

interface SourceDigest {
  compiledText(source: string): string;
  sourceDigest(backend: 'linux' | 'bsd', folder?: string): string;
}

const test = suite('the digest of the sources');

const { compiledText, sourceDigest } = require(join(ROOT, 'native/source-digest.js')) as SourceDigest;

/** The digests of linux and bsd after `change` of `file`, in a copy of native/. */
function digestsAfter(file: string, change: (text: string) => string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-'));
  try {
    cpSync(join(ROOT, 'native'), folder, { recursive: true, filter: (path) => path !== join(ROOT, 'native/build') });
    const text = readFileSync(join(folder, file), 'utf8');
    const changed = change(text);
    assert.is.not(changed, text, `${file} is changed`);
    writeFileSync(join(folder, file), changed);
    return [sourceDigest('linux', folder), sourceDigest('bsd', folder)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const BEFORE = [sourceDigest('linux'), sourceDigest('bsd')];

test('project:digest.1 a comment, a blank line and an indentation change no digest', () => {
  const changes: ReadonlyArray<(text: string) => string> = [
    (text) => `// One more line.\n${text}`,
    (text) => text.replace('namespace pollux {', 'namespace pollux { // more'),
    (text) => text.replace('namespace pollux {', '/* more */ namespace /* and\nmore */ pollux {'),
    (text) => text.replaceAll('\n', '\n\n'),
    (text) => text.replaceAll('\n  ', '\n      '),
  ];
  for (const change of changes) assert.equal(digestsAfter('common/registry.cc', change), BEFORE, String(change));
});

test('project:digest.2 a token changes the digest of each backend that has the file', () => {
  const [linux, bsd] = BEFORE;
  const token = (text: string): string => text.replace('return ', 'return  + ');
  for (const file of ['common/clock.h', 'posix/descriptors.cc', 'addon/js.h', 'addon/sys/sys_binding.h']) {
    const [newLinux, newBsd] = digestsAfter(file, token);
    assert.ok(newLinux !== linux && newBsd !== bsd, file);
  }
  const [linuxAlone, sameBsd] = digestsAfter('linux/entries.cc', token);
  assert.ok(linuxAlone !== linux && sameBsd === bsd);
  const [sameLinux, bsdAlone] = digestsAfter('bsd/knotes.cc', token);
  assert.ok(sameLinux === linux && bsdAlone !== bsd);
});

test('project:digest.3 the build file is part of both digests', () => {
  const [linux, bsd] = digestsAfter('pollux.gypi', (text) => text.replace('-O2', '-O3'));
  assert.ok(linux !== BEFORE[0] && bsd !== BEFORE[1]);
});

test('project:digest.4 a comment mark inside a string or character literal begins no comment', () => {
  for (const source of [
    '"a // b"',
    '"a /* b */"',
    '"a  b"',
    "'/' + '\"' + '/'",
    'R"(a // b)"',
    'R"x(a\n  // b)x"',
    '"\\"//"',
  ]) {
    assert.is(compiledText(`int x = ${source};`), `int x = ${source};`);
  }
  assert.is(compiledText('int a; // "b\nint c; /* \' */ int d;\n\n\n'), 'int a;\nint c; int d;');
  assert.is(compiledText('int a; // more \\\n of the comment\nint b;'), 'int a;\nint b;');
});

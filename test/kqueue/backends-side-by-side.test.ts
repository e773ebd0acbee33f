import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { ROOT } from '../support/paths.js';

const test = suite('the backends side by side');

const CONTRACT = functionsOf('native/common/backend.h', /;$/);
const EPOLL = 'native/linux/epoll_backend.cc';
const KQUEUE = 'native/bsd/kqueue_backend.cc';

/** The translation functions that both backends have under the same names. */
const TRANSLATION = ['ToKernel', 'FromKernel', 'Control', 'Unknown', 'IsLive', 'Decode', 'PauseIfSpinning'];

function textOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

function filesOf(folder: string): string[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => /\.(cc|h)$/.test(name))
    .map((name) => `${folder}/${name}`);
}

/** The functions of a file, in order: what starts a line, has a parameter list and ends in one of `ending`. */
function functionsOf(file: string, ending: RegExp): string[] {
  const text = textOf(file).replace(/\/\/.*$/gm, '');
  const declarations = text.matchAll(
    /^(?!struct|namespace|using|#)(?:const |inline )?[A-Za-z_][\w:]*[ *&]+(\w+)\(([^;{]*)\)(?: const)? ?([;{])/gm,
  );
  return [...declarations].filter(([, , , end]) => ending.test(end!)).map(([, name]) => name!);
}

for (const file of [EPOLL, KQUEUE]) {
  test(`kqueue:side-by-side.1 ${file} defines the functions of backend.h, in its order, and no other after them`, () => {
    const defined = functionsOf(file, /\{$/);
    assert.ok(CONTRACT.length > 12, CONTRACT.join());
    assert.equal(defined.slice(defined.indexOf(CONTRACT[0]!)), CONTRACT);
  });
}

test('kqueue:side-by-side.2 functions that translate have the same names in both backends', () => {
  const files = {
    linux: [EPOLL, 'native/linux/entries.cc', 'native/linux/record_buffer.cc'],
    bsd: [KQUEUE, 'native/bsd/knotes.cc', 'native/bsd/readiness.cc', 'native/bsd/record_buffer.cc'],
  };
  for (const [folder, sources] of Object.entries(files)) {
    const names = sources.flatMap((file) => functionsOf(file, /\{$/));
    for (const name of TRANSLATION) assert.ok(names.includes(name), `${folder}: ${name} of ${names.join(', ')}`);
  }
});

test('kqueue:side-by-side.3 only the fact headers of native/bsd ask which kernel they are compiled for', () => {
  const kernels = /__linux__|__APPLE__|__FreeBSD__|__NetBSD__|__OpenBSD__|__DragonFly__/;
  const asks = ['bsd', 'linux', 'common', 'posix', 'addon', 'addon/host_loop', 'addon/sys']
    .flatMap((folder) => filesOf(`native/${folder}`))
    .filter((file) => !/native\/bsd\/\w+_facts\.h$/.test(file))
    .filter((file) => kernels.test(textOf(file)));
  assert.equal(asks, []);
});

test('kqueue:side-by-side.4 only native/addon includes node_api.h, and it includes no kernel', () => {
  const folders = { addon: ['addon', 'addon/host_loop', 'addon/sys'], others: ['common', 'posix', 'linux', 'bsd'] };
  const including = (names: readonly string[], what: RegExp): string[] =>
    names.flatMap((folder) => filesOf(`native/${folder}`)).filter((file) => what.test(textOf(file)));
  assert.equal(including(folders.others, /#include [<"](node_api|js_native_api|napi|uv)\.h|#include ".*addon\//), []);
  assert.equal(including(folders.addon, /#include ".*(linux|bsd|posix)\//), []);
  assert.equal(including(['common', 'posix'], /#include ".*(linux|bsd|addon)\//), []);
  assert.equal(
    including(['common', 'addon', 'addon/host_loop', 'addon/sys'], /#include <sys\/(epoll|event|eventfd)\.h>/),
    [],
  );
});

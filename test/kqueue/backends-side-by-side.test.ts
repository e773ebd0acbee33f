import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { ROOT } from '../support/paths.js';

const test = suite('the backends side by side');

const CONTRACT = functionsOf('native/common/backend.h', /;$/);
const EPOLL = 'native/linux/epoll_backend.cc';
const KQUEUE = 'native/bsd/kqueue_backend.cc';

/** What both translate by, under one name; on kqueue in files of their own. */
const TRANSLATION = ['ToKernel', 'FromKernel', 'Control', 'Unknown', 'IsLive', 'Decode', 'PauseIfSpinning'];

/** The functions of a file, in order: what starts a line, has a parameter list and ends in one of `ending`. */
function functionsOf(file: string, ending: RegExp): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8').replace(/\/\/.*$/gm, '');
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
    linux: [EPOLL],
    bsd: [KQUEUE, 'native/bsd/knotes.cc', 'native/bsd/readiness.cc', 'native/bsd/waiter.cc'],
  };
  for (const [folder, sources] of Object.entries(files)) {
    const names = sources.flatMap((file) => functionsOf(file, /\{$/));
    for (const name of TRANSLATION) assert.ok(names.includes(name), `${folder}: ${name} of ${names.join(', ')}`);
  }
});

test('kqueue:side-by-side.3 no backend file tests for another kernel; in native/bsd only the facts do', () => {
  const kernels = /__linux__|__APPLE__|__FreeBSD__|__NetBSD__|__OpenBSD__|__DragonFly__/;
  const asks = [
    'aftermath.cc',
    'change_list.cc',
    'deadline_wait.cc',
    'direction_query.cc',
    'file_kind.cc',
    'knotes.cc',
    'kqueue_backend.cc',
    'kqueue_waker.cc',
    'late_listeners.cc',
    'merged_records.cc',
    'os_calls.cc',
    'readiness.cc',
    'waiter.cc',
  ]
    .map((name) => `native/bsd/${name}`)
    .concat(EPOLL, 'native/linux/os_calls.cc', 'native/linux/deadline_wait.cc', 'native/linux/eventfd_waker.cc')
    .filter((file) => kernels.test(readFileSync(join(ROOT, file), 'utf8')));
  assert.equal(asks, []);
});

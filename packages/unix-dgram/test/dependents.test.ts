import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { dependentsOf } from '../../../test/support/dependents.js';
import { suite } from '../../../test/support/suite.js';

const test = suite('dependents of pollux-unix-dgram');
const dependents = dependentsOf('unix-dgram');
const { examplesOf, folder, run } = dependents;
const installed = test.unless(dependents.objection);

const path = (...parts: string[]): string => join(folder, 'node_modules', ...parts);
const SOCKET = join(folder, 'socket');

/** Changes a program of other people: its sockets are in the folder of this test instead of /tmp. */
function move(file: string, ...replaced: Array<readonly [text: string, by: string]>): string {
  let text = readFileSync(join(folder, file), 'utf8');
  for (const [from, to] of [["'/tmp/", `'${folder}/`] as const, ...replaced]) text = text.replaceAll(from, to);
  writeFileSync(join(folder, file), text);
  return file;
}

installed('unix-dgram:dependents.1 with an override hot-shots and winston-syslog get pollux-unix-dgram', () => {
  const { name } = JSON.parse(readFileSync(path('unix-dgram/package.json'), 'utf8')) as { name: string };
  assert.is(name, 'pollux-unix-dgram');
  for (const dependent of ['hot-shots', 'winston-syslog'])
    assert.equal(readdirSync(path(dependent)).includes('node_modules'), false, dependent);
});

for (const name of ['test-connect', 'test-connect-callback', 'test-dgram-unix', 'test-send-error']) {
  installed(`unix-dgram:original.${name} unix-dgram's own test ${name} passes`, () => {
    writeFileSync(path('original/lib/unix_dgram.js'), "module.exports = require('unix-dgram');\n");
    const { stderr, status } = run(move(`node_modules/original/test/${name}.js`));
    assert.is(status, 0, stderr);
  });
}

installed(
  'unix-dgram:hot-shots.1 hot-shots loses no message of a burst, and reconnects to a receiver that was restarted',
  () => {
    rmSync(SOCKET, { force: true });
    const { stdout, stderr, status } = run('hot-shots.cjs', [SOCKET]);
    assert.equal([stderr, status], ['', 0]);
    assert.equal(stdout.split('\n'), [
      '1000 different messages, 0 errors',
      'error ECONNREFUSED',
      'found:1|c',
      'closed undefined',
      '',
    ]);
  },
);

installed('unix-dgram:winston-syslog.1 winston-syslog sends with its protocols unix and unix-connect', () => {
  rmSync(SOCKET, { force: true });
  const { stdout, stderr, status } = run('winston.cjs', [SOCKET]);
  assert.equal([stderr, status], ['', 0]);
  assert.equal(stdout.split('\n'), [
    'debug also by unix',
    'debug also by unix-connect',
    'err by unix',
    'err by unix-connect',
    '',
  ]);
});

installed("unix-dgram:winston-syslog.2 winston-syslog's own test of unix-connect passes", () => {
  // A message names the program as process.title, which is a path where node was started by its path.
  const title = ["'node[' +", "process.title + '[' +"] as const;
  const file = move('node_modules/winston-syslog/test/unix-connect-test.js', title);
  const { stdout, stderr, status } = run('node_modules/vows/bin/vows', [join(folder, file)]);
  assert.is(status, 0, stdout + stderr);
  assert.match(stdout, /✓ OK » 4 honored/);
});

for (const page of ['packages/unix-dgram/README.md', 'docs/guides/coming-from-unix-dgram.md']) {
  for (const [index, { heading, file, output }] of examplesOf(page).entries()) {
    const id = `unix-dgram:${page.startsWith('docs') ? 'guide' : 'readme'}.${index + 1}`;
    installed(`${id} the example "${heading}" prints what ${page} says`, () => {
      const { stdout, stderr, status } = run(file);
      assert.equal([stderr, status, stdout], ['', 0, output]);
    });
  }
}

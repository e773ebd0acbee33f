import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { programFile } from '../support/paths.js';
import { suite } from '../support/suite.js';

const test = suite('sys raw fuzz', { needs: ['kernel'] });

const PROGRAM = programFile('raw-fuzz');
const COUNT = process.env['POLLUX_RAW_FUZZ'] ?? '5000';
const SEED = process.env['POLLUX_RAW_FUZZ_SEED'] ?? String(1 + (Date.now() % 1_000_000));
/** Random requests run in namespaces of their own, so that they reach no network and no other process. */
const APART = ['unshare', '-rnp', '--fork', '--kill-child'];

const isLinux = process.platform === 'linux';
const onLinux = test.unless(isLinux ? undefined : `the numbers are those of Linux, not of ${process.platform}`);
const canBeApart = isLinux && spawnSync(APART[0]!, [...APART.slice(1), 'true']).status === 0;
const apart = onLinux.unless(canBeApart ? undefined : 'unshare(2) is not allowed, or unshare(1) is not there');

function run(what: string, wrap: readonly string[]): void {
  const [command, ...args] = [...wrap, process.execPath, PROGRAM, what, COUNT, SEED];
  const { status, signal, stdout, stderr } = spawnSync(command!, args, { encoding: 'utf8' });
  assert.equal([status, signal], [0, null], `seed ${SEED}: ${stdout}${stderr}`);
}

onLinux('sys:raw-fuzz.1 random control messages leave no descriptor open and write nothing outside the buffers', () => {
  run('messages', canBeApart ? APART : []);
});

apart('sys:raw-fuzz.2 random requests of ioctl() write nothing outside the view', () => {
  run('ioctls', APART);
});

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { dependentsOf } from '../../../test/support/dependents.js';
import { suite } from '../../../test/support/suite.js';

const test = suite('dependents of pollux-epoll');
const dependents = dependentsOf('epoll');
const { examplesOf, folder, run } = dependents;
const installed = test.unless(dependents.objection);
const onLinux = test.unless(process.platform === 'linux' ? dependents.objection : 'epoll and onoff are for Linux');

const path = (...parts: string[]): string => join(folder, 'node_modules', ...parts);

installed('epoll:dependents.1 with an override onoff gets pollux-epoll in place of epoll', () => {
  const { name } = JSON.parse(readFileSync(path('epoll/package.json'), 'utf8')) as { name: string };
  assert.is(name, 'pollux-epoll');
  assert.equal(readdirSync(path('onoff')).includes('node_modules'), false);
});

/** The original's own tests with what they read: performance-check says how fast, so its output is not compared. */
const ORIGINAL = {
  closed: '',
  'do-almost-nothing': '',
  'do-nothing': '',
  'no-gc-allowed': '\n',
  'one-shot': '\n',
  'performance-check': '\n',
  'two-shot': '\n',
  'verify-events': '',
};

for (const [name, input] of Object.entries(ORIGINAL)) {
  onLinux(`epoll:original.${name} epoll's own test ${name} passes`, () => {
    writeFileSync(path('original/epoll.js'), "module.exports = require('epoll');\n");
    const { stdout, stderr, status } = run(`node_modules/original/test/${name}.js`, [], input);
    assert.equal([stderr, status], ['', 0]);
    if (name === 'performance-check') assert.match(stdout, /^ {2}\d+ events per second\n$/);
    else assert.is(stdout, '');
  });
}

/** Those of onoff's integration tests that need no person and measure no time. */
const ONOFF = [
  'change-configuration',
  'configure-and-check-active-low',
  'configure-and-check-active-low-defaults',
  'configure-and-check-input',
  'configure-and-check-output',
  'dont-reconfigure-direction-part1',
  'dont-reconfigure-direction-part2',
  'high-low',
  'many-interrupts',
  'output-with-edge-bug',
  'wait-for-interrupt',
  'wait-for-many-interrupts',
];

for (const name of ONOFF) {
  onLinux(`epoll:onoff.${name} onoff's own test ${name} passes over a stand-in for the GPIO files of sysfs`, () => {
    const state = join(folder, 'gpio');
    mkdirSync(state, { recursive: true });
    const { stdout, stderr, status } = run('with-gpio.cjs', [path(`onoff/integration-test/${name}.js`), state]);
    assert.equal([stderr, status], ['', 0]);
    assert.match(stdout, /^ok - /m);
  });
}

for (const page of ['packages/epoll/README.md', 'docs/guides/coming-from-epoll.md']) {
  for (const [index, { heading, file, output }] of examplesOf(page).entries()) {
    const id = `epoll:${page.startsWith('docs') ? 'guide' : 'readme'}.${index + 1}`;
    installed(`${id} the example "${heading}" prints what ${page} says`, () => {
      const { stdout, stderr, status } = run(file);
      assert.equal([stderr, status, stdout], ['', 0, output]);
    });
  }
}

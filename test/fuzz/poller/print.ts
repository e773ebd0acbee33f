import type { Operation } from '../fuzzer.js';
import { OPERATIONS } from './operations.js';

/** What the printed lines use; run from the top of a built checkout. */
const PREAMBLE = `import { createRequire } from 'node:module';
import { join } from 'node:path';
const require = createRequire(join(process.cwd(), 'package.json'));
const { attachPoller, createPoller, share, ...bits } = require('pollux');
const sys = require('pollux/sys');
const { READABLE, WRITABLE, PRIORITY, READ_CLOSED, EDGE, ONESHOT, EXCLUSIVE, HANGUP } = bits;
const pollux_1 = bits;
const { dup2 } = require(join(process.cwd(), 'test/native/descriptors/build/Release/descriptors.node'));
const { OPENINGS } = require(join(process.cwd(), 'test/build/test/fuzz/poller/openings.js'));
const open = (kind) => OPENINGS[kind]().map(({ fd }) => fd);
const attempt = (call) => { try { call(); } catch (error) { console.log(error.message); } };
const show = (batch) => console.log(batch.woken ? 'woken' : '', ...[...batch].map(({ fd, readiness }) => \`\${fd}:0x\${readiness.toString(16)}\`));
const fds = [], pollers = [];
`;

/** The operations as a program. */
export function print(operations: readonly Operation[]): string {
  return `${PREAMBLE}${operations.map(([name, ...args]) => `${OPERATIONS[name]!.print(args)}\n`).join('')}`;
}

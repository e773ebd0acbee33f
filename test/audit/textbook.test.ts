import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import * as assert from 'uvu/assert';
import { CLI } from '../support/paths.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';
import { compiled, lackOfCompiler, lackOfStrace, type Printed } from './any-programs.js';

const test = suite('audit: textbook', { needs: ['node', 'kernel'] });

/** Longer than a descriptor may be left alone while a program waits. */
const QUIET_MS = 400;

/** Sends `text`, and waits until `least` bytes have come back. */
async function talk(socket: Socket, text: string, least = text.length): Promise<void> {
  socket.write(text);
  for (let length = 0; length < least; ) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    length += chunk.length;
  }
}

/** The life of a server: two clients come one after the other, talk, send a long message and a short one, and end. */
async function visit(port: number): Promise<void> {
  const first = connect(port, '127.0.0.1');
  await once(first, 'connect');
  await talk(first, 'hello');
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  const second = connect(port, '127.0.0.1');
  for (let count = 0; count < 60; count++) await talk(second, 'hello');
  await talk(first, 'x'.repeat(40), 10);
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  first.write('x');
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  first.destroy();
  second.end('q');
  await once(second.resume(), 'close');
}

async function audited(program: string): Promise<{ printed: Printed[]; status: number }> {
  const args = [CLI, 'audit', '--json', '--exec', program];
  const server: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(server, 'exit') as Promise<[number]>;
  const printed: Printed[] = [];
  const visits: Array<Promise<void>> = [];
  const lines = createInterface({ input: server.stdout! }).on('line', (line) => {
    if (line.startsWith('{')) printed.push(JSON.parse(line) as Printed);
    else visits.push(visit(Number(line)));
  });
  await once(lines, 'close');
  await Promise.all(visits);
  const [status] = await exit;
  return { printed, status };
}

/** The servers of test/audit/programs/textbook, and what is said of each. */
const SERVERS: Readonly<Record<string, { findings: readonly string[]; advice: readonly string[] }>> = {
  'level.c': { findings: [], advice: ['POLLUX_EPOLL_INHERITED', 'POLLUX_LISTENER_INHERITED'] },
  'edge.c': {
    findings: ['POLLUX_EDGE_NOT_DRAINED'],
    advice: ['POLLUX_EPOLL_INHERITED', 'POLLUX_LISTENER_INHERITED'],
  },
  'reactor.c': {
    findings: [],
    advice: ['POLLUX_EPOLL_INHERITED', 'POLLUX_LISTENER_INHERITED', 'POLLUX_MODIFY_STORM'],
  },
  'echo-edge.c': {
    findings: ['POLLUX_BLOCKING_DESCRIPTOR', 'POLLUX_EDGE_NOT_DRAINED'],
    advice: ['POLLUX_LISTENER_INHERITED'],
  },
};

for (const [index, [file, expected]] of Object.entries(SERVERS).entries()) {
  const said = expected.findings.length === 0 ? 'has no finding' : `is found with ${expected.findings.join(' and ')}`;
  test.unless(lackOfStrace() ?? lackOfCompiler())(
    `audit:textbook.${index + 1} the server ${file} of the textbooks ${said}, and is given advice`,
    scoped(async (scope) => {
      const { printed, status } = await audited(compiled(`textbook/${file}`, scope.directory()));
      const codes = (rank: Printed['rank']): string[] =>
        [...new Set(printed.filter((each) => each.rank === rank).map(({ code }) => code))].sort();
      assert.equal([codes('finding'), codes('advice')], [expected.findings, expected.advice]);
      assert.is(status, expected.findings.length === 0 ? 0 : 1);
    }),
  );
}

// @ts-check
// node bench/clients.mjs [--quick] [--write]: the examples under the clients of others, beside the servers of others.
// redis-benchmark against examples/redis-server.mjs and redis-server, wrk against examples/static-server.mjs and
// node:http.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { findCores, onCore } from './harness/cores.mjs';
import { grid } from './harness/figures.mjs';
import { ROOT } from './harness/participant.mjs';
import { conditions, writeReport } from './harness/report.mjs';
import { spread } from './harness/rounds.mjs';

/** @typedef {{ title: string, server: string, errors: number, rate: number, cpuUs: number }} Sample */
/** @typedef {{ name: string, pid: number, port: number, stop(): void }} Server */

const {
  values: { quick = false, write = false },
} = parseArgs({ options: { quick: { type: 'boolean' }, write: { type: 'boolean' } } });
const ROUNDS = quick ? 1 : 5;
const REQUESTS = quick ? 20_000 : 200_000;
const SECONDS = quick ? 1 : 3;
const CLOCK_TICKS_PER_S = 100;
const FILES = { '1 KB': 1024, '100 KB': 102_400 };
const cores = findCores();
const otherLoad = loadavg()[0] ?? NaN;

/** @type {Sample[]} */
const samples = [];
/** @type {string[]} */
const gates = [];
await redis();
await http();
const report = `${new Date().toISOString().slice(0, 10)}; ${conditions(cores, otherLoad, quick)}\n\n${grid([
  ['load', 'server', 'requests/s, median (min – max)', 'server CPU per request', 'errors'],
  ...lines(),
])}\n${gates.map((gate) => `\nNot run: ${gate}.\n`).join('')}`;
process.stdout.write(report);
if (write) writeReport('clients', report);
if (samples.some(({ errors }) => errors > 0)) process.exitCode = 1;

async function redis() {
  if (!has('redis-benchmark')) return;
  const servers = [await start('pollux, examples/redis-server.mjs', [process.execPath, 'examples/redis-server.mjs'])];
  if (has('redis-server')) servers.push(await startRedis());
  for (let round = 0; round < ROUNDS; round++) {
    for (const pipeline of [1, 16]) {
      for (const server of turned(servers, round))
        for (const test of ['ping_mbulk', 'set', 'get']) benchmark(server, test, pipeline);
    }
  }
  for (const server of servers) server.stop();
}

/** @param {Server} server @param {string} test @param {number} pipeline */
function benchmark(server, test, pipeline) {
  const requests = pipeline === 1 ? REQUESTS / 4 : REQUESTS * 2;
  const cpuUs = cpuOf(server);
  const args = ['-p', server.port, '-t', test, '-n', requests, '-c', 50, '-P', pipeline, '-r', 10_000, '--csv'];
  const { stdout, stderr, status } = run(['redis-benchmark', ...args.map(String)]);
  const rate = Number(/^"[A-Z_]+","([\d.]+)"/m.exec(stdout)?.[1]);
  const errors = status === 0 && rate > 0 && !/err|warn/i.test(stdout + stderr) ? 0 : 1;
  const name = test === 'ping_mbulk' ? 'PING' : test.toUpperCase();
  note({
    title: `redis-benchmark ${name}, -P ${pipeline}`,
    server: server.name,
    errors,
    rate,
    cpuUs: (cpuOf(server) - cpuUs) / requests,
  });
}

async function http() {
  if (!has('wrk', '-v')) return;
  const folder = mkdtempSync(join(tmpdir(), 'pollux-files-'));
  for (const [name, size] of Object.entries(FILES))
    writeFileSync(join(folder, name.replace(' ', '')), Buffer.alloc(size, 'pollux'));
  const servers = [
    await start('pollux, examples/static-server.mjs', [process.execPath, 'examples/static-server.mjs', folder]),
    await start('node:http, createReadStream', [process.execPath, 'bench/servers/node-http.cjs', folder]),
  ];
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of Object.keys(FILES)) for (const server of turned(servers, round)) wrk(server, name);
  }
  for (const server of servers) server.stop();
  rmSync(folder, { recursive: true });
}

/** @param {Server} server @param {string} name */
function wrk(server, name) {
  const cpuUs = cpuOf(server);
  const { stdout, status } = run([
    'wrk',
    '-t1',
    '-c50',
    `-d${SECONDS}s`,
    `http://127.0.0.1:${server.port}/${name.replace(' ', '')}`,
  ]);
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  const rate = Number(/Requests\/sec: +([\d.]+)/.exec(stdout)?.[1]);
  const socketErrors = (/Socket errors: (.*)/.exec(stdout)?.[1]?.match(/\d+/g) ?? []).reduce(
    (sum, count) => sum + Number(count),
    0,
  );
  const errors =
    socketErrors +
    Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0) +
    (status === 0 && requests > 0 ? 0 : 1);
  note({
    title: `wrk, a file of ${name}`,
    server: server.name,
    errors,
    rate,
    cpuUs: (cpuOf(server) - cpuUs) / requests,
  });
}

function note(/** @type {Sample} */ sample) {
  samples.push(sample);
  process.stderr.write(`${sample.title}, ${sample.server}: ${Math.round(sample.rate)} per second\n`);
}

function lines() {
  const groups = samples
    .map(({ title }) => title)
    .filter((title, i, all) => all.indexOf(title) === i)
    .flatMap((title) =>
      [...new Set(samples.filter((sample) => sample.title === title).map(({ server }) => server))]
        .sort()
        .reverse()
        .map((server) => samples.filter((sample) => sample.title === title && sample.server === server)),
    );
  const show = (/** @type {number} */ value) => Math.round(value).toLocaleString('en').replaceAll(',', ' ');
  return groups.map((own) => {
    const rate = spread(own.map((sample) => sample.rate));
    return [
      own[0]?.title ?? '',
      own[0]?.server ?? '',
      `${show(rate.median)} (${show(rate.least)} – ${show(rate.most)})`,
      `${spread(own.map(({ cpuUs }) => cpuUs)).median.toFixed(2)} µs`,
      String(own.reduce((sum, { errors }) => sum + errors, 0)),
    ];
  });
}

/** Who begins moves on each round. @template T @param {T[]} servers @param {number} round */
function turned(servers, round) {
  return servers.map((_, i) => /** @type {T} */ (servers[(i + round) % servers.length]));
}

function has(/** @type {string} */ program, version = '--version') {
  const isThere = spawnSync(program, [version]).error === undefined;
  if (!isThere) gates.push(`${program} is not installed`);
  return isThere;
}

function run(/** @type {string[]} */ command) {
  const [file = '', ...args] = onCore(cores.load, command);
  return spawnSync(file, args, { encoding: 'utf8', timeout: 120_000 });
}

/** A server that prints where it listens. @param {string} name @param {string[]} command @returns {Promise<Server>} */
async function start(name, command) {
  const [file = '', ...args] = onCore(cores.server, command);
  const child = spawn(file, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(child.stdout), 'line');
  return { name, pid: child.pid ?? -1, port: Number(line.replace(/.*:/, '')), stop: () => child.kill('SIGKILL') };
}

/** @returns {Promise<Server>} */
async function startRedis() {
  const port = await freePort();
  const [file = '', ...args] = onCore(cores.server, [
    'redis-server',
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
  ]);
  const child = spawn(file, args, { cwd: tmpdir(), stdio: ['ignore', 'pipe', 'inherit'] });
  const output = createInterface(child.stdout);
  for await (const line of output) if (line.includes('Ready to accept connections')) break;
  child.stdout.resume();
  return { name: 'redis-server', pid: child.pid ?? -1, port, stop: () => child.kill('SIGKILL') };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  return port;
}

/** User and system time of all threads of a server, in µs. */
function cpuOf(/** @type {{ pid: number }} */ { pid }) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * (1e6 / CLOCK_TICKS_PER_S);
}

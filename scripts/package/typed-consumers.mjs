// Programs in TypeScript that use an installed package, under the settings that projects have. Compiled, not run.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../root.mjs';

const USE = `
const poller: pollux.Poller<string> = pollux.createPoller<string>({ backend: undefined, capacity: 4 });
const [reader]: readonly [number, number] = sys.pipe();
poller.add(reader, pollux.READABLE, 'data');
const events: pollux.PollEvent<string>[] = [...poller.wait(0)];
const first: string | undefined = events[0]?.data;
// @ts-expect-error the data is a string
poller.add(reader, pollux.READABLE, 7);

// What is left out may also be undefined.
const signal: AbortSignal | undefined = undefined;
const reactor = new pollux.Reactor({ poller: undefined, waiter: undefined, onError: undefined, onWake: undefined });
const ready: Promise<number> = reactor.once(reader, pollux.READABLE, { timeoutMs: undefined, signal });
const stream = new pollux.FdStream(reader, { reactor, highWaterMark: undefined });

const server = pollux.listen({ port: 0, signal }, (fd, peer) => sys.write(fd, Buffer.from(\`\${peer.host} \${peer.port}\`)));
const { host, port }: sys.InternetAddress = server.address;
const local: string = pollux.listen({ path: '/tmp/socket' }, (fd, peer) => console.log(fd, peer.path)).address.path;
const either = (options: pollux.ListenOptions): sys.Address =>
  pollux.listen(options, (fd, peer) => console.log(fd, peer.family)).address;
const servers: pollux.Listener[] = [server];
// @ts-expect-error a path or a port
pollux.listen({ path: '/tmp/socket', port: 1 }, sys.close);
// @ts-expect-error a path or a port
void pollux.connect({ path: '/tmp/socket', port: 1 });
void pollux.connect({ host, port, signal, timeoutMs: undefined, localAddress: undefined });

const client: pollux.FdStream = pollux.connectStream({ host, port: '80', noDelay: true, localAddress: '::1', signal });
pollux.connectStream({ path: '/tmp/socket', readAhead: undefined }, () => client.destroy());
// @ts-expect-error a port is a number or a text
pollux.connectStream({ host, port: true });
const like: pollux.Server = pollux.createServer({ reactor, pauseOnConnect: undefined }, (each) => each.resume());
like.on('connection', (each) => each.end(each.remoteAddress)).once('drop', ({ remotePort }) => console.log(remotePort));
like.listen(0, host, () => like.close((error?: Error) => console.log(error)));
const options: pollux.ServerOptions & pollux.FdStreamOptions = { reactor };

// An address that was asked for can be given back.
const address: sys.Address = sys.localAddress(reader);
sys.bind(reader, address);
sys.sendTo(reader, Buffer.alloc(1), address);
const state: 0 | typeof sys.WOULD_BLOCK = sys.connect(reader, address);
void pollux.connect(address);
// @ts-expect-error it may be WOULD_BLOCK
const { length } = sys.recvFrom(reader, Buffer.alloc(1));
const report: Promise<conformance.Report> = conformance.runConformance({
  createPoller: pollux.createPoller,
  filter: undefined,
});
`;

const IMPORTS = `
import * as pollux from 'pollux';
import { createPoller, type Poller } from 'pollux';
import * as sys from 'pollux/sys';
import * as conformance from 'pollux/conformance';
const own: Poller = createPoller();
${USE}`;

const REQUIRES = `
import pollux = require('pollux');
import sys = require('pollux/sys');
import conformance = require('pollux/conformance');
${USE}`;

const FILES = { 'typed.cts': REQUIRES, 'typed.mts': IMPORTS, 'required.ts': REQUIRES, 'typed.ts': IMPORTS };

/** What all of them have: the strictest, and no library but that of the language. Declarations are compiled, too. */
const COMMON = {
  target: 'es2022',
  lib: ['es2022'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  noEmit: true,
  types: ['node'],
  typeRoots: [join(ROOT, 'node_modules', '@types')],
};

const SETTINGS = {
  nodenext: { files: ['typed.cts', 'typed.mts'], module: 'nodenext' },
  bundler: { files: ['typed.ts', 'typed.mts'], module: 'esnext', moduleResolution: 'bundler' },
};
/** TypeScript 7 has left them out. */
const FORMER_SETTINGS = {
  'node10, modules': { files: ['typed.ts'], module: 'esnext', moduleResolution: 'node10' },
  'node10, CommonJS': { files: ['required.ts'], module: 'commonjs', moduleResolution: 'node10' },
  'node10, imports into CommonJS': {
    files: ['typed.ts'],
    module: 'commonjs',
    moduleResolution: 'node10',
    verbatimModuleSyntax: false,
  },
};

/**
 * Compiles them in `folder`, where pollux is installed, with the TypeScript in the folder `compiler`, the project's own
 * by default. Returns what it says.
 */
export function problemsOfTypes(folder, compiler = join(ROOT, 'node_modules', 'typescript')) {
  const problems = [];
  for (const [file, text] of Object.entries(FILES)) writeFileSync(join(folder, file), text);
  const { version } = createRequire(import.meta.url)(join(compiler, 'package.json'));
  const settings = { ...SETTINGS, ...(parseInt(version, 10) < 6 ? FORMER_SETTINGS : {}) };
  for (const [name, { files, ...options }] of Object.entries(settings)) {
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...COMMON, ...options }, files }));
    const command = [join(compiler, 'bin', 'tsc'), '--pretty', 'false'];
    const { status, stdout } = spawnSync(process.execPath, command, { cwd: folder, encoding: 'utf8' });
    const complaints = stdout
      .trim()
      .split(/\n(?! )/)
      .filter((complaint) => complaint !== '');
    const ours = complaints.filter((complaint) => !isOfNode(complaint));
    const isBroken = status !== 0 && complaints.length === 0;
    if (ours.length > 0 || isBroken)
      problems.push(`TypeScript ${version}, ${name}, status ${status}: ${ours.join('\n')}`);
  }
  return problems;
}

/** exactOptionalPropertyTypes suits the package and not the declarations of node. */
function isOfNode(complaint) {
  return /^[^(]*node_modules\/@types\/node\//.test(complaint);
}

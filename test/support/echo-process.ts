import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { CLI } from './paths.js';
import { RUNTIME } from './runtime.js';

/** Deno, started through a shell, passes no permissions on to the child. */
const RUN_ARGS = RUNTIME !== 'deno' ? [] : ['run', '--allow-all'];

/** A running `pollux echo`; leaving its scope kills it if it still runs. */
export interface EchoProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly host: string;
  readonly port: number;
  /** What it printed so far. */
  output(): string;
  /** Ends it with `signal`; resolves with its exit status, or the signal that killed it. */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
}

/** Starts `pollux echo` on a free port; `descriptors` limits its descriptor table. */
export async function startEcho(args: string[], descriptors?: number): Promise<EchoProcess> {
  const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors}; `;
  const child = spawn(
    'sh',
    ['-c', `${limit}exec "$0" "$@"`, process.execPath, ...RUN_ARGS, CLI, 'echo', '--port', '0', ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  let output = '';
  child.stdout!.setEncoding('utf8');
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await new Promise<void>((done, reject) => {
    child.stdout!.on('data', (text: string) => {
      output += text;
      if (output.includes('\n')) done();
    });
    void ended.then(() => reject(new Error(`echo ended: ${output}`)));
  });
  const [, host, port] = /^listening on \[?(.+?)\]?:(\d+)\n$/.exec(output) ?? [];
  if (host === undefined) throw new Error(`echo printed ${JSON.stringify(output)}`);
  return {
    child,
    pid: child.pid!,
    host,
    port: Number(port),
    output: () => output,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      const [status, killedBy] = await ended;
      return killedBy ?? status!;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Sends `message`, ends the sending side, and resolves with what came back until the server closed. */
export function exchange(server: { host: string; port: number }, message: Uint8Array): Promise<Buffer> {
  return new Promise((done, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ host: server.host, port: server.port, allowHalfOpen: true });
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => done(Buffer.concat(chunks)));
    socket.on('error', reject);
    socket.end(message);
  });
}

import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';

/** How a server of Debian is started, with what it needs in a folder of its own. */
export interface ServerRecipe {
  /** The Debian package. */
  readonly package: string;
  readonly program: string;
  /** Other programs that `prepare` runs. */
  readonly others?: readonly string[];
  readonly ports: number;
  /** What ends it without a trace; SIGKILL by default. */
  readonly signal?: NodeJS.Signals;
  /** Makes files; returns the arguments of the server. */
  prepare(place: Place): string[];
}

/** Where a server runs: its folder, its ports on 127.0.0.1, and as which user. */
export interface Place {
  readonly folder: string;
  readonly ports: readonly number[];
  readonly user: string;
  /** Runs a program in the folder, as the user. */
  run(program: string, ...args: string[]): void;
}

/** A server that runs; leaving its scope ends it and removes its folder. */
export interface RunningServer extends Place, AsyncDisposable {}

/** Servers refuse to run for root: a test of root's runs them for `nobody`. */
const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;
const identity = isRoot ? { uid: NOBODY, gid: NOBODY } : {};

/** The path of a program, also of those that are not on the PATH of an ordinary user. */
function pathOf(program: string): string | undefined {
  const versions = '/usr/lib/postgresql';
  const postgres = existsSync(versions) ? readdirSync(versions).map((name) => join(versions, name, 'bin')) : [];
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', ...postgres];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

/** Why a server cannot be started here, with the command that helps; undefined where it can. */
export function lacksServer({ package: name, program, others = [] }: ServerRecipe): string | undefined {
  const missing = [program, ...others].find((each) => pathOf(each) === undefined);
  if (missing !== undefined) return `${missing} is not installed: apt-get install ${name}`;
  const { error } = spawnSync('true', identity);
  return error === undefined ? undefined : `root cannot run a program for nobody: ${error.message}`;
}

/** Starts the server, and resolves when all of its ports answer. */
export async function startServerOf(recipe: ServerRecipe): Promise<RunningServer> {
  // TMPDIR of root may be for root alone.
  const folder = mkdtempSync(join(isRoot ? '/tmp' : tmpdir(), 'pollux-server-'));
  if (isRoot) chownSync(folder, NOBODY, NOBODY);
  const options = { cwd: folder, env: { ...process.env, HOME: folder, LC_ALL: 'C' }, ...identity };
  const place: Place = {
    folder,
    ports: await freePorts(recipe.ports),
    user: isRoot ? 'nobody' : userInfo().username,
    run: (program, ...args) => void execFileSync(pathOf(program)!, args, { ...options, stdio: 'pipe' }),
  };
  const args = recipe.prepare(place);
  const child = spawn(pathOf(recipe.program)!, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null && child.kill(recipe.signal ?? 'SIGKILL'))
      await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  };
  try {
    for (const port of place.ports) await untilAnswered(child, port);
  } catch (error) {
    await end();
    throw error;
  }
  return { ...place, [Symbol.asyncDispose]: end };
}

async function freePorts(count: number): Promise<number[]> {
  const holders = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(holders.map((holder) => once(holder, 'listening')));
  const ports = holders.map((holder) => (holder.address() as AddressInfo).port);
  await Promise.all(holders.map((holder) => once(holder.close(), 'close')));
  return ports;
}

async function untilAnswered(child: ChildProcess, port: number): Promise<void> {
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => (output += String(chunk)));
  while (!(await answers(port))) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the server ended: ${output}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const tell = (does: boolean): void => {
      socket.destroy();
      resolve(does);
    };
    socket.once('connect', () => tell(true)).once('error', () => tell(false));
  });
}

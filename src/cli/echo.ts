import { lookup } from 'node:dns/promises';
import * as sys from '../sys.js';
import { blockingLoop, hostLoop } from './echo-loops.js';
import type { EchoMode } from './echo-server.js';
import { outputWritten, print } from './output.js';
import { oneOf, parseOptions, UsageError } from './usage-error.js';

const BACKLOG = 4096;

/** `pollux echo`: serves until SIGINT or SIGTERM, then closes everything and resolves with 0. */
export async function echoCommand(
  args: string[],
  announce = (where: string): void => print(`listening on ${where}`),
): Promise<number> {
  const options = parseOptions(args, {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '7007' },
    mode: { type: 'string', default: 'level' },
    loop: { type: 'string', default: 'blocking' },
  });
  const mode: EchoMode = oneOf('mode', options.mode, ['level', 'edge', 'oneshot']);
  const begin = oneOf('loop', options.loop, ['blocking', 'host']) === 'host' ? hostLoop : blockingLoop;
  const listener = await listenOn(options.host, parsePort(options.port));
  try {
    const { end, ended } = begin(listener, mode);
    process.once('SIGINT', end).once('SIGTERM', end);
    try {
      announce(formatAddress(sys.localAddress(listener)));
      // Without the line that names the port no client can connect.
      const unread = outputWritten().catch((error: unknown) => {
        end();
        return ended.then(() => Promise.reject(error));
      });
      const [status] = await Promise.all([ended, unread]);
      return status;
    } finally {
      process.off('SIGINT', end).off('SIGTERM', end);
    }
  } finally {
    sys.close(listener);
  }
}

function parsePort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) {
    throw new UsageError(`--port must be a number 0 … 65535, not "${text}"`);
  }
  return Number(text);
}

async function listenOn(host: string, port: number): Promise<number> {
  if (host === '') throw new UsageError('--host must be an address or a name');
  const found = await lookup(host);
  const family = found.family === 6 ? 'ipv6' : 'ipv4';
  const fd = sys.socket(family);
  try {
    sys.setOption(fd, 'reuseAddress', true);
    sys.bind(fd, { family, host: found.address, port });
    sys.listen(fd, BACKLOG);
  } catch (error) {
    sys.close(fd);
    throw withAddress(error, found.address, port);
  }
  return fd;
}

/** Adds the address that was refused, and what to do about it, to the message of `error`. */
function withAddress(error: unknown, host: string, port: number): unknown {
  if (!(error instanceof Error)) return error;
  error.message += `: ${formatAddress({ family: host.includes(':') ? 'ipv6' : 'ipv4', host, port })}`;
  if ((error as sys.SystemError).code === 'EADDRINUSE') error.message += '; --port 0 takes any free port';
  return error;
}

function formatAddress(address: sys.Address): string {
  if (address.family === 'unix') return address.path;
  return `${address.family === 'ipv6' ? `[${address.host}]` : address.host}:${address.port}`;
}

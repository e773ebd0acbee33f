import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from './paths.js';

export const EXAMPLES = join(ROOT, 'examples');

/** An example that runs; leaving its scope kills it if it still runs. */
export interface Example extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Resolves with the status and signal that it ends with. */
  readonly ended: Promise<unknown[]>;
  /** The next line that it prints. */
  line(): Promise<string>;
}

export function startExample(name: string, ...args: string[]): Example {
  const child = spawn(process.execPath, [join(EXAMPLES, name), ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines: string[] = [];
  let rest = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop()!;
    lines.push(...parts);
    child.emit('line');
  });
  const ended = once(child, 'exit');
  return {
    child,
    ended,
    line: async () => {
      while (lines.length === 0) await once(child, 'line');
      return lines.shift()!;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Starts an example that is a server, and resolves with its port. */
export async function startServer(name: string, ...args: string[]): Promise<Example & { readonly port: number }> {
  const example = startExample(name, ...args);
  const port = Number((await example.line()).replace('listening on 127.0.0.1:', ''));
  return { ...example, port };
}

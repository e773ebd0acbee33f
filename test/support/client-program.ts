import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { ROOT } from './paths.js';

/** The clients that the set-up installs. */
const MODULES = join(ROOT, 'tools/stream-clients/node_modules');
/** Where programs are written: a part of the package that no other test lists. */
const PROGRAMS = join(ROOT, 'tools/build');
/** The oldest Node that all of them run on. */
const OLDEST_NODE = [20, 18] as const;

/** Why the client that a program imports cannot be used here; undefined where it can, or there is none. */
export function lacksClient(source: string): string | undefined {
  const [, name] = /^import .* from '(?!node:|pollux)([a-z0-9]+)/m.exec(source) ?? [];
  if (name === undefined) return undefined;
  const [major, minor] = process.versions.node.split('.').map(Number) as [number, number];
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    return `the clients need Node ${OLDEST_NODE.join('.')}`;
  }
  return existsSync(join(MODULES, name)) ? undefined : `${name} is not installed: npm ci in tools/stream-clients`;
}

/** What a module prints that runs in `folder`, and finds the clients beside the package. It has to end well. */
export async function outputOf(source: string, folder: string): Promise<string> {
  mkdirSync(PROGRAMS, { recursive: true });
  const place = mkdtempSync(join(PROGRAMS, 'client-'));
  try {
    if (existsSync(MODULES)) symlinkSync(MODULES, join(place, 'node_modules'));
    const file = join(place, 'program.mjs');
    writeFileSync(file, source);
    const child = spawn(process.execPath, [file], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    assert.is(errors, '');
    assert.is(child.exitCode, 0);
    return output;
  } finally {
    rmSync(place, { recursive: true });
  }
}

// Builds an addon from a gyp file.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { ROOT } from '../root.mjs';
import { execute } from './execute.mjs';

/** Runs node-gyp on the gyp file in `folder`, with this node's own headers where they are installed. */
export function nodeGyp(folder, args) {
  const script = createRequire(join(ROOT, 'package.json')).resolve('node-gyp/bin/node-gyp.js');
  const prefix = resolve(dirname(process.execPath), '..');
  const headers = existsSync(join(prefix, 'include', 'node', 'node_api.h')) ? [`--nodedir=${prefix}`] : [];
  execute(process.execPath, [script, ...args, '-C', folder, ...headers]);
}

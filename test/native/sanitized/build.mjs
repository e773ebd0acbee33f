// Builds the addon once more, from the same gyp file, with AddressSanitizer and
// UndefinedBehaviorSanitizer, and with its symbols: `node build.mjs` prints where it is.
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeGyp, ROOT } from '../../../scripts/set-up.mjs';

const SANITIZE = '-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g';
const HERE = dirname(fileURLToPath(import.meta.url));

// A tree of its own: node-gyp builds into `build` beside the gyp file, where node-gyp-build looks.
const tree = join(HERE, 'build', 'tree');
mkdirSync(tree, { recursive: true });
for (const name of ['package.json', 'native', 'node_modules']) {
  if (!existsSync(join(tree, name))) symlinkSync(join(ROOT, name), join(tree, name));
}
writeFileSync(join(tree, 'binding.gyp'), readFileSync(join(ROOT, 'binding.gyp'), 'utf8'));
Object.assign(process.env, { CXXFLAGS: SANITIZE, LDFLAGS: SANITIZE });
nodeGyp(tree, ['configure', 'build']);
console.log(join(tree, 'build', 'Release', 'pollux.node'));

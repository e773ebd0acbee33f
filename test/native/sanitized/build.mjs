// Builds the addon once more, from the same gyp file, with AddressSanitizer and UndefinedBehaviorSanitizer, and with
// its symbols: `node build.mjs` prints where it is. `node build.mjs kqueue`: the addon over the kqueue simulator.
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../../../scripts/root.mjs';
import { nodeGyp } from '../../../scripts/set-up/node-gyp.mjs';

const SANITIZE = '-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g';
const HERE = dirname(fileURLToPath(import.meta.url));

const isKqueue = process.argv[2] === 'kqueue';
const place = isKqueue ? 'test/native/kqueue-addon' : '.';

// A tree of its own: node-gyp builds into `build` beside the gyp file, where node-gyp-build looks.
const tree = join(HERE, 'build', isKqueue ? 'kqueue-tree' : 'tree');
mkdirSync(join(tree, place), { recursive: true });
for (const name of ['package.json', 'native', 'node_modules', ...(isKqueue ? ['test/kqueue-simulator'] : [])]) {
  if (!existsSync(join(tree, name))) symlinkSync(join(ROOT, name), join(tree, name));
}
writeFileSync(join(tree, place, 'binding.gyp'), readFileSync(join(ROOT, place, 'binding.gyp'), 'utf8'));
Object.assign(process.env, { CXXFLAGS: SANITIZE, LDFLAGS: SANITIZE });
nodeGyp(join(tree, place), ['configure', 'build']);
console.log(join(tree, place, 'build', 'Release', 'pollux.node'));

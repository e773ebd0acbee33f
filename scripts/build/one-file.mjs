// Makes dist/package.js: all modules of the package but those of the command line and of the conformance suite, in one
// file, because finding and opening a file takes longer than running it. A module runs when it is first required.
// The file of each module is replaced by one that re-exports its part of dist/package.js, so that everybody who
// requires it gets the same copy.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from '../root.mjs';
import { lazyExports } from './lazy-exports.mjs';

export const ONE_FILE = 'package.js';
/** For ES modules in a bundle, which can import the modules of the runtime and not require them. */
export const ONE_FILE_OF_BUNDLES = 'package.mjs';

/** Comes first in the file; the modules know its `surroundings`. */
const SURROUNDINGS = join(ROOT, 'scripts/build/surroundings.js');

/** `entries`: the modules whose exports are made when they are used. */
export async function writeOneFile(modules, entries) {
  const dist = join(ROOT, 'dist');
  const builtins = new Set();
  await build({
    stdin: { contents: entrySource(modules), resolveDir: dist, sourcefile: 'entry.js' },
    outfile: join(dist, ONE_FILE),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node18',
    external: ['node-gyp-build'],
    banner: { js: readFileSync(SURROUNDINGS, 'utf8') },
    define: {
      PACKAGE_VERSION: JSON.stringify(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version),
      __dirname: 'surroundings.folder',
    },
    plugins: [builtinModules(builtins), lazyEntries(entries)],
    logLevel: 'warning',
  });
  writeFileSync(join(dist, ONE_FILE_OF_BUNDLES), sourceForBundles([...builtins].sort()));
  for (const module of modules) {
    const path = posix.relative(posix.dirname(module), ONE_FILE);
    writeFileSync(
      join(dist, module),
      `'use strict';\nmodule.exports = require('${path.startsWith('.') ? path : `./${path}`}')('${module}');\n`,
    );
  }
}

/** How a file of dist/ gets the exports of the module `name`, given its `require`. */
export const partOf = (name) => `('./${ONE_FILE}')('${name}')`;

function entrySource(modules) {
  return `const parts = {
${modules.map((module) => `  '${module}': () => require('./${module}'),`).join('\n')}
};
/** The exports of a module. */
module.exports = (name) => parts[name]();
/** The same for a program that has no \`require\` or no \`__dirname\`. */
module.exports.withHost = (modules, folder) => {
  surroundings.replace(modules, folder);
  return module.exports;
};
`;
}

/** Modules of the runtime are taken through the surroundings; `names` collects them. */
function builtinModules(names) {
  return {
    name: 'builtin-modules',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^node:/ }, ({ path, namespace }) =>
        namespace === 'builtin' ? undefined : { path, namespace: 'builtin' },
      );
      onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => {
        names.add(path);
        return { contents: `module.exports = surroundings.builtin('${path}', () => require('${path}'));` };
      });
    },
  };
}

function lazyEntries(entries) {
  return {
    name: 'lazy-entries',
    setup({ onLoad }) {
      for (const entry of entries) {
        onLoad({ filter: new RegExp(`/dist/${entry.replace('.', '\\.')}$`) }, async () => ({
          contents: await lazyExports(join(ROOT, 'src', entry.replace(/\.js$/, '.ts'))),
          resolveDir: join(ROOT, 'dist'),
        }));
      }
    },
  };
}

function sourceForBundles(builtins) {
  const variables = builtins.map((name) => name.replace(/\W/g, '_'));
  return `import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import use from './${ONE_FILE}';
${builtins.map((name, index) => `import * as ${variables[index]} from '${name}';`).join('\n')}

export default use.withHost(
  {
${builtins.map((name, index) => `    '${name}': ${variables[index]},`).join('\n')}
  },
  () => (import.meta.url === undefined ? process.cwd() : dirname(fileURLToPath(import.meta.url))),
);
`;
}

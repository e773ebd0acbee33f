// Makes dist/package.js and the files of FILES_APART: all modules of the package but those of the command line and of the
// conformance suite. They are few files, because finding and opening a file takes longer than running it, and more than
// one, because a program that wants a poller should not wait until the streams are parsed. A file is read, and a module
// runs, when it is first required.
// The file of each module is replaced by one that re-exports its part of these files, so that everybody who requires it
// gets the same copy.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from '../root.mjs';
import { compileOnce } from './compiled-once.mjs';
import { filesOf, isLate } from './files-apart.mjs';
import { lazyExports } from './lazy-exports.mjs';

export const FIRST_FILE = 'package.js';
/** For ES modules in a bundle, which can import the modules of the runtime and not require them. */
export const FIRST_FILE_OF_BUNDLES = 'package.mjs';
const DIST = join(ROOT, 'dist');
/** Comes first in the first file; all modules know its `surroundings`. */
const SURROUNDINGS = join(ROOT, 'scripts/build/surroundings.js');

/** `entries`: the modules whose exports are made when they are used. */
export async function writeFewFiles(modules, entries) {
  const builtins = new Set();
  const fileOf = filesOf(DIST, modules);
  const files = [...new Set(fileOf.values())].sort();
  const options = (file, sourcefile, contents) => ({
    stdin: { contents, resolveDir: DIST, sourcefile },
    outfile: join(DIST, file ?? FIRST_FILE),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node18',
    external: ['node-gyp-build'],
    define: {
      PACKAGE_VERSION: JSON.stringify(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version),
      __dirname: 'surroundings.folder',
    },
    plugins: [builtinModules(builtins), lazyEntries(entries, fileOf), otherFiles(file, fileOf)],
    logLevel: 'warning',
  });
  const inFile = (file) => modules.filter((module) => fileOf.get(module) === file);
  for (const file of files) {
    await build({
      ...options(file, 'apart.js', `module.exports = ${partsOf(inFile(file))};\n`),
      // In parentheses V8 compiles the function when it reads it, and does not parse it twice.
      banner: { js: 'module.exports = (function (surroundings, module) {' },
      footer: { js: 'return module.exports;\n});' },
    });
    if (!isLate(file)) compileOnce(join(DIST, file));
  }
  await build({
    ...options(undefined, 'entry.js', firstSource(inFile(undefined), files, fileOf)),
    banner: { js: readFileSync(SURROUNDINGS, 'utf8') },
  });
  writeFileSync(join(DIST, FIRST_FILE_OF_BUNDLES), sourceForBundles([...builtins].sort()));
  for (const module of modules) {
    const path = posix.relative(posix.dirname(module), FIRST_FILE);
    writeFileSync(
      join(DIST, module),
      `'use strict';\nmodule.exports = require('${path.startsWith('.') ? path : `./${path}`}')('${module}');\n`,
    );
  }
}

/** How a file of dist/ gets the exports of the module `name`, given its `require`. */
export const partOf = (name) => `('./${FIRST_FILE}')('${name}')`;

function partsOf(modules) {
  return `{\n${modules.map((module) => `  '${module}': () => require('./${module}'),`).join('\n')}\n}`;
}

/** `modules` are those of the first file. */
function firstSource(modules, files, fileOf) {
  const variable = (file) => `of${files.indexOf(file)}`;
  const apart = [...fileOf.keys()].sort();
  return `const parts = ${partsOf(modules)};
// Without a method of a prototype: a program may have replaced it by the time that a file is needed.
${files.map((file) => `let ${variable(file)}Parts;\nconst ${variable(file)} = () => (${variable(file)}Parts ??= require('./${file}')(surroundings, {}));`).join('\n')}
${apart.map((module) => `parts['${module}'] = () => ${variable(fileOf.get(module))}()['${module}']();`).join('\n')}
/** The exports of a module. */
surroundings.part = (name) => parts[name]();
module.exports = surroundings.part;
/** The same for a program that has no \`require\` or no \`__dirname\`. */
module.exports.withHost = (modules, folder) => {
  surroundings.replace(modules, folder);
  return surroundings.part;
};
`;
}

/** A module of another file is a part of that file. */
function otherFiles(file, fileOf) {
  const files = new Set(fileOf.values());
  return {
    name: 'other-files',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
        const name = relative(DIST, join(resolveDir, path)).split(sep).join('/');
        if (files.has(name)) return { path: `./${name}`, external: true };
        return fileOf.get(name) === file ? undefined : { path: name, namespace: 'part' };
      });
      onLoad({ filter: /.*/, namespace: 'part' }, ({ path }) => ({
        contents: `module.exports = surroundings.part('${path}');`,
      }));
    },
  };
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

function lazyEntries(entries, fileOf) {
  return {
    name: 'lazy-entries',
    setup({ onLoad }) {
      for (const entry of entries) {
        onLoad({ filter: new RegExp(`/dist/${entry.replace('.', '\\.')}$`) }, async () => ({
          // The functions of pollux/sys are called for each event, so that nothing may stand before them.
          contents: await lazyExports(
            join(ROOT, 'src', entry.replace(/\.js$/, '.ts')),
            (source) => entry === 'index.js' && isLate(fileOf.get(source.slice('./'.length))),
          ),
          resolveDir: DIST,
        }));
      }
    },
  };
}

function sourceForBundles(builtins) {
  const variables = builtins.map((name) => name.replace(/\W/g, '_'));
  return `import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import use from './${FIRST_FILE}';
${builtins.map((name, index) => `import * as ${variables[index]} from '${name}';`).join('\n')}

export default use.withHost(
  {
${builtins.map((name, index) => `    '${name}': ${variables[index]},`).join('\n')}
  },
  () => (import.meta.url === undefined ? process.cwd() : dirname(fileURLToPath(import.meta.url))),
);
`;
}

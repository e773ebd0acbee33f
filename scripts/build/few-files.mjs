// Makes dist/package.js and, for each room of ROOMS_APART, dist/ROOM/room.js: all modules of the package but those of
// the command line and of the conformance suite. They are few files, because finding and opening a file takes longer than
// running it, and more than one, because a program that wants a poller should not wait until the streams are parsed. A
// file is read, and a module runs, when it is first required.
// The file of each module is replaced by one that re-exports its part of these files, so that everybody who requires it
// gets the same copy.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from '../root.mjs';
import { lazyExports } from './lazy-exports.mjs';

export const FIRST_FILE = 'package.js';
/** For ES modules in a bundle, which can import the modules of the runtime and not require them. */
export const FIRST_FILE_OF_BUNDLES = 'package.mjs';
/** The folders of src/ that have a file of their own. Everything else is in the first file. */
const ROOMS_APART = ['reactor', 'stream', 'net', 'sys', 'audit'];

const DIST = join(ROOT, 'dist');
/** Comes first in the first file; all modules know its `surroundings`. */
const SURROUNDINGS = join(ROOT, 'scripts/build/surroundings.js');

/** `entries`: the modules whose exports are made when they are used. */
export async function writeFewFiles(modules, entries) {
  const builtins = new Set();
  const options = (room, sourcefile, contents) => ({
    stdin: { contents, resolveDir: DIST, sourcefile },
    outfile: join(DIST, room === undefined ? FIRST_FILE : fileOf(room)),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node18',
    external: ['node-gyp-build'],
    define: {
      PACKAGE_VERSION: JSON.stringify(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version),
      __dirname: 'surroundings.folder',
    },
    plugins: [builtinModules(builtins), lazyEntries(entries), otherRooms(room)],
    logLevel: 'warning',
  });
  const inRoom = (room) => modules.filter((module) => roomOf(module) === room);
  for (const room of ROOMS_APART) {
    await build({
      ...options(room, 'room.js', `module.exports = ${partsOf(inRoom(room))};\n`),
      // In parentheses V8 compiles the function when it reads it, and does not parse it twice.
      banner: { js: 'module.exports = (function (surroundings, module) {' },
      footer: { js: 'return module.exports;\n});' },
    });
  }
  await build({
    ...options(undefined, 'entry.js', firstSource(modules)),
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

const fileOf = (room) => `${room}/room.js`;

/** The room apart that the module `name` belongs to. */
const roomOf = (name) => ROOMS_APART.find((room) => name.startsWith(`${room}/`));

function partsOf(modules) {
  return `{\n${modules.map((module) => `  '${module}': () => require('./${module}'),`).join('\n')}\n}`;
}

function firstSource(modules) {
  const apart = modules.filter((module) => roomOf(module) !== undefined);
  return `const parts = ${partsOf(modules.filter((module) => roomOf(module) === undefined))};
// Without a method of a prototype: a program may have replaced it by the time that a room is needed.
${ROOMS_APART.map((room) => `let ${room}Parts;\nconst ${room} = () => (${room}Parts ??= require('./${fileOf(room)}')(surroundings, {}));`).join('\n')}
${apart.map((module) => `parts['${module}'] = () => ${roomOf(module)}()['${module}']();`).join('\n')}
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

/** A module of another room is a part of another file. */
function otherRooms(room) {
  return {
    name: 'other-rooms',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
        const name = relative(DIST, join(resolveDir, path)).split(sep).join('/');
        if (name.endsWith('/room.js')) return { path: `./${name}`, external: true };
        return roomOf(name) === room ? undefined : { path: name, namespace: 'part' };
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

function lazyEntries(entries) {
  return {
    name: 'lazy-entries',
    setup({ onLoad }) {
      for (const entry of entries) {
        onLoad({ filter: new RegExp(`/dist/${entry.replace('.', '\\.')}$`) }, async () => ({
          contents: await lazyExports(join(ROOT, 'src', entry.replace(/\.js$/, '.ts'))),
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

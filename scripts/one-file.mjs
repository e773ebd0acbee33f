// Puts the files that `pollux` and `pollux/sys` are made of into one, dist/package.js: finding and opening a file costs
// more than running it. Each file that it was made from becomes a door to its part of the one file, so that whoever
// requires it, the command line and the conformance suite too, gets the same copy.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';

const ENTRIES = ['index.js', 'sys.js'];
const OUTPUT = 'package.js';
/** How a bundle in ES modules gets at it: a bundle may have no `require`, and knows only what is imported by name. */
export const BUNDLED = 'package.mjs';
/** The way that tsc writes an import of one of our own files. */
const OWN_IMPORT = /\brequire\("(\.\.?\/[^"]+)"\)/g;
/** An import of node's, or of another package. */
const BUILTIN = /\brequire\(["'](node:[^"']+)["']\)/g;
/** Re-exports of such an import; `var` is what tsc writes for those, and only for those. */
const REEXPORTED = /^var (\w+) = require\("(\.\.?\/[^"]+)"\);$/gm;

export function writeOneFile(dist) {
  const sources = new Map();
  for (const entry of ENTRIES) collect(dist, entry, sources);
  const parts = [...sources].map(([name, source]) => `${JSON.stringify(name)}(exports, use) {\n${source}\n}`);
  const builtins = [...new Set(parts.flatMap((part) => [...part.matchAll(BUILTIN)].map(([, name]) => name)))].sort();
  const { version } = JSON.parse(readFileSync(join(dist, '../package.json'), 'utf8'));
  writeFileSync(
    join(dist, OUTPUT),
    inAscii(`'use strict';
const PACKAGE_VERSION = ${JSON.stringify(version)};
const parts = {
${parts.map((part) => part.replace(BUILTIN, (_, name) => `builtin('${name}')`).replaceAll('__dirname', 'folder()')).join(',\n')},
};
const made = Object.create(null);
const builtins = {
${builtins.map((name) => `  '${name}': () => require('${name}'),`).join('\n')}
};
let modules, place;
function builtin(name) {
  if (modules !== undefined) return modules[name];
  try {
    return builtins[name]();
  } catch (error) {
    // CommonJS in a bundle of ES modules may have no require.
    if (process.getBuiltinModule === undefined) throw error;
    return process.getBuiltinModule(name);
  }
}
function folder() {
  if (typeof __dirname === 'string') return __dirname;
  return place === undefined ? builtin('node:path').dirname(process.argv[1] || '.') : place();
}
function use(name) {
  if (made[name] === undefined) parts[name](made[name] = {}, use);
  return made[name];
}
use.withHost = (itsModules, itsPlace) => {
  modules = itsModules;
  place = itsPlace;
  return use;
};
module.exports = use;
// Never called: programs that collect the files of a package learn of those that nothing names.
function collected() {
  require('path').join(__dirname, '../prebuilds');
}
`),
  );
  writeFileSync(join(dist, BUNDLED), bundledSource(builtins));
  for (const name of sources.keys()) {
    const path = posix.relative(posix.dirname(name), OUTPUT);
    writeFileSync(
      join(dist, name),
      `'use strict';\nmodule.exports = require('${path.startsWith('.') ? path : `./${path}`}')('${name}');\n`,
    );
  }
}

function bundledSource(builtins) {
  const names = builtins.map((name) => name.replace(/\W/g, '_'));
  return `import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import use from './${OUTPUT}';
${builtins.map((name, index) => `import * as ${names[index]} from '${name}';`).join('\n')}

export default use.withHost({
${builtins.map((name, index) => `  '${name}': ${names[index]},`).join('\n')}
}, () => (import.meta.url === undefined ? process.cwd() : dirname(fileURLToPath(import.meta.url))));
`;
}

/** How a file beside it loads what `dist/FILE` exports, in one step: the arguments of two calls, the first of require. */
export function wayTo(file) {
  return ENTRIES.includes(file) ? `('./${OUTPUT}')('${file}')` : `('./${posix.basename(file)}')`;
}

/** V8 keeps a text that has any other character in twice the memory, and takes longer to parse it. */
function inAscii(source) {
  return source.replace(/[^\x00-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Adds the source of `name`, and of what it imports, with imports that name parts. */
function collect(dist, name, sources) {
  if (sources.has(name)) return;
  const source = readFileSync(join(dist, name), 'utf8').replace(/^"use strict";\n/, '');
  const partOf = (path) => posix.join(posix.dirname(name), path);
  sources.set(name, undefined);
  const imports = [...source.matchAll(OWN_IMPORT)].map(([, path]) => partOf(path));
  for (const imported of imports) collect(dist, imported, sources);
  sources.set(
    name,
    onFirstUse(source).replace(OWN_IMPORT, (_, path) => `use("${partOf(path)}")`),
  );
}

/** What a file only hands on is made when somebody asks for it. */
function onFirstUse(source) {
  let result = source;
  for (const [line, variable, path] of source.matchAll(REEXPORTED)) {
    result = result
      .replace(line, `var ${variable};`)
      .replaceAll(`return ${variable}.`, `return (${variable} ??= require("${path}")).`);
  }
  return result;
}

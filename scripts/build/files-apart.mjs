// Which file of dist/ a module of the package belongs to, if not to the first one. `import` needs the classes that the
// package exports, and all modules that these require at once: they are in files of their own, so that an import reads
// nothing else. Everything else is in a file for each folder of src/.
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parse } from 'acorn';

/** The files that an import reads, by the modules that they begin with; a module is in the first of them that needs it. */
const CLASSES = {
  'reactor/classes.js': ['reactor/reactor.js', 'reactor/default-reactor.js'],
  'stream/classes.js': ['stream/fd-stream.js', 'net/server.js'],
};
/** The folders of src/ of which the rest has a file. What is in no file apart is in the first file. */
const FOLDERS = ['reactor', 'stream', 'net', 'sys', 'audit'];

/** By module: its file. `dist` has the modules as the compiler has made them. */
export function filesOf(dist, modules) {
  const apart = modules.filter((module) => folderOf(module) !== undefined);
  const files = new Map();
  for (const [file, roots] of Object.entries(CLASSES)) {
    const waiting = [...roots];
    for (let module; (module = waiting.pop()) !== undefined; ) {
      if (files.has(module) || !apart.includes(module)) continue;
      files.set(module, file);
      waiting.push(...requiredBy(dist, module));
    }
  }
  for (const module of apart) if (!files.has(module)) files.set(module, `${folderOf(module)}/room.js`);
  return files;
}

/** Whether an import does not read this file. */
export const isLate = (file) => file !== undefined && !(file in CLASSES);

const folderOf = (module) => FOLDERS.find((folder) => module.startsWith(`${folder}/`));

/** The modules of the package that `module` requires when it runs, and not later. */
function requiredBy(dist, module) {
  const source = readFileSync(join(dist, module), 'utf8');
  return parse(source, { ecmaVersion: 2022 })
    .body.filter(({ type }) => type === 'VariableDeclaration')
    .flatMap(({ declarations }) => declarations.map(({ init }) => init))
    .filter((init) => init?.type === 'CallExpression' && init.callee.name === 'require')
    .map(({ arguments: [{ value }] }) => value)
    .filter((path) => path.startsWith('.'))
    .map((path) => posix.join(posix.dirname(module), path));
}

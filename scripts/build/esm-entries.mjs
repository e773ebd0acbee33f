// Writes an entry point for `import`. It has the named exports of the one for `require`, and gets them from there, so
// that a process has one copy of the package. It requires that file and does not import it: for an import, Node looks
// for the exports of a CommonJS file with a parser, which takes longer than loading the package.
// Bundlers do not follow such a require. Their entry point, of the condition "module", imports. Bun's bundler has no
// condition of its own: it takes "bun", as its runtime does.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { ROOT } from '../root.mjs';
import { FIRST_FILE_OF_BUNDLES, partOf } from './few-files.mjs';

const NOT_FOUND =
  'This bundle lacks the files of pollux: mark pollux as external, ' +
  'or let the bundler use the condition "module" of package.json';

/** The entry that package.json describes by its conditions; `name` is its file in dist/. */
export function writeEsmEntries({ name, import: esm }, isInFewFiles) {
  const file = join(ROOT, 'dist', name);
  const exports = Object.keys(createRequire(import.meta.url)(file)).sort();
  const list = `{\n${exports.map((exported) => `  ${exported},\n`).join('')}}`;
  const loading = isInFewFiles ? partOf(name) : `('./${basename(name)}')`;
  write(
    esm.default,
    `import { createRequire } from 'node:module';

export const ${list} = load();

function load() {
  try {
    return createRequire(import.meta.url)${loading};
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND' && error.code !== 'ERR_INVALID_ARG_VALUE') throw error;
    throw Object.assign(new Error('${NOT_FOUND}'), { code: 'ERR_BINDING_NOT_FOUND', cause: error });
  }
}
`,
  );
  if (esm.module !== undefined)
    write(esm.module, `import use from './${FIRST_FILE_OF_BUNDLES}';\n\nexport const ${list} = use('${name}');\n`);
  write(esm.types, `export * from './${basename(name)}';\n`);
}

function write(path, text) {
  writeFileSync(join(ROOT, path), text);
}

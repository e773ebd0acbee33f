// Writes the ES module entry points: the named exports of the CommonJS files that tsc emits, so that
// `import` and `require` of one process share one copy of the package. They require it rather than import it: an
// import has the file searched for its exports by a parser, which takes longer than loading all of the package.
// Bundlers follow no require of that kind: their entry points, of the condition "module", import. Bun's bundler knows only
// the condition "bun", which its runtime has, too.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, relative } from 'node:path';
import { BUNDLED, wayTo } from './one-file.mjs';

export function writeEsmWrappers(root) {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const require = createRequire(join(root, 'package.json'));
  for (const target of Object.values(exports)) {
    if (typeof target === 'string') continue;
    const file = join(root, target.require.default);
    const names = Object.keys(require(file)).sort();
    const source = `./${basename(file)}`;
    const list = names.map((name) => `  ${name},\n`).join('');
    const part = relative(join(root, 'dist'), file);
    writeFileSync(
      join(root, target.import.default),
      `import { createRequire } from 'node:module';

export const {
${list}} = load();

function load() {
  try {
    return createRequire(import.meta.url)${wayTo(part)};
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND' && error.code !== 'ERR_INVALID_ARG_VALUE') throw error;
    throw Object.assign(new Error('This bundle lacks the files of pollux: mark pollux as external, or let the bundler use the condition "module" of package.json'), { code: 'ERR_BINDING_NOT_FOUND', cause: error });
  }
}
`,
    );
    if (target.import.module !== undefined) {
      writeFileSync(
        join(root, target.import.module),
        `import use from './${BUNDLED}';\n\nexport const {\n${list}} = use('${part}');\n`,
      );
    }
    writeFileSync(join(root, target.import.types), `export * from '${source}';\n`);
  }
}

// Writes the ES module entry points: the named exports of the CommonJS files that tsc emits, so that
// `import` and `require` of one process share one copy of the package. They require it rather than import it: an
// import has the file searched for its exports by a parser, which takes longer than loading all of the package.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, relative } from 'node:path';
import { wayTo } from './one-file.mjs';

export function writeEsmWrappers(root) {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const require = createRequire(join(root, 'package.json'));
  for (const target of Object.values(exports)) {
    if (typeof target === 'string') continue;
    const file = join(root, target.require.default);
    const names = Object.keys(require(file)).sort();
    const source = `./${basename(file)}`;
    writeFileSync(
      join(root, target.import.default),
      `import { createRequire } from 'node:module';\n\nexport const {\n${names.map((name) => `  ${name},\n`).join('')}} = createRequire(import.meta.url)${wayTo(relative(join(root, 'dist'), file))};\n`,
    );
    writeFileSync(join(root, target.import.types), `export * from '${source}';\n`);
  }
}

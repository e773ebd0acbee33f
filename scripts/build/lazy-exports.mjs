// Re-exports that wait: a program that wants a poller does not pay for the streams.
import { readFileSync } from 'node:fs';
import { parse } from 'acorn';
import { transform } from 'esbuild';

/**
 * The CommonJS source of the module in the TypeScript file `file`, which only re-exports: a module that it exports from
 * runs when one of the names is first used. A module that it imports for no name runs at once. `isLate(source)`: that
 * module waits even for an `import`, which uses all names; its functions are then required when they are called.
 */
export async function lazyExports(file, isLate) {
  const { code } = await transform(readFileSync(file, 'utf8'), { loader: 'ts', format: 'esm' });
  const sources = new Map();
  const names = [];
  const eager = [];
  for (const node of parse(code, { ecmaVersion: 2022, sourceType: 'module' }).body) {
    if (node.type === 'ImportDeclaration') {
      if (node.specifiers.length === 0) eager.push(node.source.value);
      for (const { imported, local } of node.specifiers)
        sources.set(local.name, { source: node.source.value, name: imported.name });
    } else if (node.type === 'ExportNamedDeclaration' && node.declaration === null) {
      for (const { local, exported } of node.specifiers) names.push({ exported: exported.name, local: local.name });
    } else {
      throw new Error(`${file} does more than re-export: ${node.type}`);
    }
  }
  const getters = names.map(({ exported, local }) => {
    const { source, name } = sources.get(local);
    if (isLate(source) && isFunction(name))
      return `  ${exported}(...given) { return require('${source}').${name}(...given); },`;
    return `  get ${exported}() { return require('${source}').${name}; },`;
  });
  return `'use strict';
${eager.map((source) => `require('${source}');\n`).join('')}module.exports = {
${getters.join('\n')}
};
Object.defineProperty(module.exports, '__esModule', { value: true });
`;
}

/** Classes and constants have capitals. */
function isFunction(name) {
  return /^[a-z]/.test(name);
}

// V8 parses a function twice: when it reads the file, to find its end, and when the function is first called. It
// compiles a function in parentheses when it reads it.
import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'acorn';

/** Puts the functions of all modules in a file that esbuild has made into parentheses. All of them are going to run. */
export function compileOnce(file) {
  const source = readFileSync(file, 'utf8');
  const insertions = [];
  for (const { value } of modulesIn(parse(source, { ecmaVersion: 2022, allowReturnOutsideFunction: true }))) {
    insertions.push([value.start, ': (function'], [value.end, ')']);
  }
  let result = '';
  let last = 0;
  for (const [at, text] of insertions.sort(([a], [b]) => a - b)) {
    result += source.slice(last, at) + text;
    last = at;
  }
  writeFileSync(file, result + source.slice(last));
}

/** What esbuild makes of a module: a method `"name"(exports, module) {…}` of the argument of `__commonJS()`. */
function modulesIn(node) {
  if (Array.isArray(node)) return node.flatMap(modulesIn);
  if (node === null || typeof node !== 'object') return [];
  if (node.type === 'CallExpression' && node.callee.name === '__commonJS') return node.arguments[0].properties;
  return Object.values(node).flatMap(modulesIn);
}

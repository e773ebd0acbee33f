import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';

const TIME_LIMIT_MS = 10_000;
/** Loads the module of its last argument. What no module may have before its first import is parsed is not run. */
const LOAD = 'import(process.argv[process.argv.length - 1]);';

/**
 * The stack of `error`, which loading `module` has thrown; of a syntax error, with the file and line before it. Node puts
 * these before the stack of CommonJS, and for ES modules only prints them, where nobody has caught the error.
 */
export function stackWithPlace(error: unknown, module: string): string | undefined {
  const { name, message, stack, position } = Object(error) as {
    name?: unknown;
    message?: unknown;
    stack?: unknown;
    position?: { file?: unknown; line?: unknown; lineText?: unknown } | null;
  };
  if (typeof position?.file === 'string') {
    // Bun's BuildMessage.
    return `${position.file}:${String(position.line)}\n${String(position.lineText)}\n\nSyntaxError: ${String(message)}`;
  }
  if (typeof stack !== 'string') return undefined;
  if (name !== 'SyntaxError' || hasPlace(stack) || process.versions['deno'] !== undefined) return stack;
  const url = module.startsWith('file:') ? module : pathToFileURL(module).href;
  const { stderr } = spawnSync(process.execPath, [...process.execArgv, '-e', LOAD, url], {
    encoding: 'utf8',
    timeout: TIME_LIMIT_MS,
  });
  const place = /^((?:file:\/\/)?\/[^\n]*:\d+\n[^]*?)\n*^SyntaxError\b/m.exec(stderr)?.[1];
  return place === undefined ? stack : `${place}\n\n${stack}`;
}

/** Whether something precedes the line that names the error. */
function hasPlace(stack: string): boolean {
  return /^[^\n]*:\d+\n/.test(stack) && !stack.startsWith('SyntaxError');
}

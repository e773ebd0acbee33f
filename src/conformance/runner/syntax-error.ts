import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { TELLS_PLACE_OF_SYNTAX_ERRORS } from '../../runtime.js';

const TIME_LIMIT_MS = 10_000;
/** Loads the module that the last argument names. */
const LOAD = 'import(process.argv[process.argv.length - 1]);';

/**
 * The stack of `error`, which loading `module` has thrown. The stack of a syntax error begins with its file and line:
 * Node puts them there for CommonJS; for ES modules Node only prints them when nobody catches the error.
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
  if (name !== 'SyntaxError' || hasPlace(stack) || TELLS_PLACE_OF_SYNTAX_ERRORS) return stack;
  const url = module.startsWith('file:') ? module : pathToFileURL(module).href;
  const { stderr } = spawnSync(process.execPath, [...process.execArgv, '-e', LOAD, url], {
    encoding: 'utf8',
    timeout: TIME_LIMIT_MS,
  });
  const place = /^((?:file:\/\/)?\/[^\n]*:\d+\n[^]*?)\n*^SyntaxError\b/m.exec(stderr)?.[1];
  return place === undefined ? stack : `${place}\n\n${stack}`;
}

/** Whether the stack begins with a file and line. */
function hasPlace(stack: string): boolean {
  return /^[^\n]*:\d+\n/.test(stack) && !stack.startsWith('SyntaxError');
}

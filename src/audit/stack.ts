import { sep } from 'node:path';

const MOST_FRAMES = 30;
const OWN = `${__dirname.replace(/[\\/](dist|src)[\\/].*$/, (_, folder: string) => `${sep}${folder}`)}${sep}`;

/** The stack of the caller, without the frames of this package and of the runtime, a line each. */
export function stackHere(): string[] {
  const before = Error.stackTraceLimit;
  let stack: unknown;
  try {
    Error.stackTraceLimit = MOST_FRAMES;
    stack = new Error().stack;
  } finally {
    Error.stackTraceLimit = before;
  }
  if (typeof stack !== 'string') return [];
  return stack
    .split('\n')
    .map((line) => line.trim().replace(/^at /, ''))
    .filter((line, index) => index > 0 && line !== '' && !isInner(line));
}

function isInner(line: string): boolean {
  return line.includes(OWN) || /\b(node|ext|bun|native):/.test(line) || line === '<anonymous>';
}

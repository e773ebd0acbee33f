import { sep } from 'node:path';

const MOST_FRAMES = 30;
/** The folder of this package, or of the bundle that it is a part of. */
const OWN = `${__dirname}${sep}`;

/** The place where it is called, which `framesOf()` makes text of: that takes longer than most calls. */
export function stackHere(): Error {
  const before = Error.stackTraceLimit;
  try {
    Error.stackTraceLimit = MOST_FRAMES;
    return new Error();
  } finally {
    Error.stackTraceLimit = before;
  }
}

/** The stack of `place`, without the frames of this package and of the runtime, a line each. */
export function framesOf(place: Error): string[] {
  const stack: unknown = place.stack;
  if (typeof stack !== 'string') return [];
  const [, ...lines] = stack.split('\n').map((line) => line.trim().replace(/^at /, ''));
  const outer = lines.filter((line) => line !== '' && !isInner(line));
  // In a bundle every frame is in the same folder.
  return outer.length > 0 ? outer : lines;
}

function isInner(line: string): boolean {
  return line.includes(OWN) || /\b(node|ext|bun|native):/.test(line) || line === '<anonymous>';
}

import { createInterface, type Interface } from 'node:readline';
import { Session } from '../lab/session.js';
import type { Paints } from '../lab/text.js';
import { checkOutput, print } from './output.js';

interface SessionSettings {
  readonly paints: Paints;
  /** The lesson to begin with, or `''`. */
  readonly lesson: string;
  readonly record: string | undefined;
}

/** A session on the terminal. Resolves with the exit status when the user ends it. */
export async function runSession({ paints, lesson, record }: SessionSettings): Promise<number> {
  const session = new Session({ tell: print, paints, record });
  const terminal = createInterface({
    input: process.stdin,
    output: process.stdout,
    completer: (line: string) => session.complete(line),
    historySize: 1000,
    removeHistoryDuplicates: true,
  });
  const lines = linesOf(terminal);
  try {
    print('pollux lab: "open pipe" begins, "help" and "lessons" show what there is.');
    if (lesson !== '') await session.begin(lesson);
    for (;;) {
      terminal.setPrompt(session.next === undefined ? 'lab> ' : `lab (Enter: ${session.next})> `);
      terminal.prompt();
      const line = await lines.next();
      checkOutput();
      if (line === undefined || !(await session.enter(line))) return 0;
    }
  } finally {
    terminal.close();
    await session.end();
  }
}

/** The lines of a terminal, in order, also where several come at once. */
function linesOf(terminal: Interface): { next(): Promise<string | undefined> } {
  const lines: string[] = [];
  let isClosed = false;
  let wake: (() => void) | undefined;
  const changed = (): void => wake?.();
  terminal.on('line', (line) => {
    lines.push(line);
    changed();
  });
  terminal.on('close', () => {
    isClosed = true;
    print('');
    changed();
  });
  // Ctrl-C empties the line that is typed, or ends the session.
  terminal.on('SIGINT', () => {
    if (terminal.line === '') return terminal.close();
    terminal.write(null, { ctrl: true, name: 'e' });
    terminal.write(null, { ctrl: true, name: 'u' });
  });
  return {
    async next() {
      while (lines.length === 0 && !isClosed) await new Promise<void>((resolve) => (wake = resolve));
      return lines.shift();
    },
  };
}

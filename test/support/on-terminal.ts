import { type ChildProcess, spawn } from 'node:child_process';
import { once as happened } from 'node:events';
import { constants } from 'node:fs';
import { once, READABLE } from 'pollux';
import * as sys from 'pollux/sys';
import { CLI } from './paths.js';
import type { Scope } from './scope.js';

/** More than a command takes on a machine that is busy. */
const PATIENCE_MS = 120_000;

/** A command that runs on a terminal of its own. */
export class OnTerminal {
  readonly #fd: number;
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown[]>;
  #text = '';

  private constructor(fd: number, child: ChildProcess) {
    this.#fd = fd;
    this.#child = child;
    this.#exit = happened(child, 'exit');
  }

  /** Starts `pollux ARGS` on a new terminal of 80 columns. */
  static start(scope: Scope, args: readonly string[], env: NodeJS.ProcessEnv = {}): OnTerminal {
    const { fd, path } = sys.openPty();
    scope.own(fd);
    const other = sys.open(path, constants.O_RDWR | constants.O_NOCTTY);
    sys.setWindowSize(fd, { columns: 80, rows: 24 });
    const { NO_COLOR: _, FORCE_COLOR: __, ...rest } = process.env;
    const child = spawn(process.execPath, [CLI, ...args], {
      stdio: [other, other, other],
      env: { ...rest, TERM: 'xterm', ...env },
    });
    sys.close(other);
    scope.atEnd(() => void child.kill('SIGKILL'));
    return new OnTerminal(fd, child);
  }

  type(text: string): void {
    sys.write(this.#fd, Buffer.from(text));
  }

  /** Resolves with what was shown since the last call, up to the end of what matches. */
  async shows(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.#text);
      if (match !== null) {
        const end = match.index + match[0].length;
        const shown = this.#text.slice(0, end);
        this.#text = this.#text.slice(end);
        return shown;
      }
      await once(this.#fd, READABLE, { timeoutMs: PATIENCE_MS }).catch((error: Error) => {
        throw new Error(`${pattern} was not shown: ${error.message}; there was: ${JSON.stringify(this.#text)}`);
      });
      const buffer = Buffer.alloc(65536);
      const length = sys.read(this.#fd, buffer);
      if (length > 0) this.#text += buffer.toString('utf8', 0, length);
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves with the exit status. */
  async ended(): Promise<unknown> {
    return (await this.#exit)[0] ?? this.#child.signalCode;
  }
}

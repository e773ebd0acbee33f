import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, readlinkSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearTimer, setTimer } from '../../host.js';
import * as sys from '../../sys.js';

/** The descriptor of the driver that is the socket. */
const SOCKET = 3;
const MOST_WORDS = 1000;
const MOST_GENERATIONS = 16;
const END_LIMIT_MS = 1000;
/** Where in the kernel a thread sleeps that waits for descriptors: ep_poll, do_sys_poll, do_select, io_cqring_wait … */
const WAITS = /poll|select|cqring|getevents/;

/** The process of a driver. */
export class DriverProcess {
  /** This end of the socket to the driver. */
  readonly socket: number;
  #pid: number;
  readonly #child: ChildProcess;
  readonly #output: number;
  readonly #ended: Promise<void>;
  readonly #kill = (): void => this.kill();

  constructor(command: string) {
    const [socket, theirs] = socketsToDriver();
    this.socket = socket;
    this.#output = openUnnamed();
    try {
      this.#child = spawn('/bin/sh', ['-c', command], {
        stdio: ['ignore', this.#output, this.#output, theirs],
        env: { ...process.env, POLLUX_DRIVER_SOCKET: String(SOCKET) },
      });
    } finally {
      sys.close(theirs);
    }
    this.#pid = this.#child.pid ?? 0;
    this.#ended = new Promise((resolve) => this.#child.once('exit', () => resolve()).once('error', () => resolve()));
    process.once('exit', this.#kill);
  }

  /** That of the shell, or the one that was named by `isSaidToBe()`. */
  get pid(): number {
    return this.#pid;
  }

  /**
   * The driver says that it is the process `pid`. A number that is not of a process that the shell has started is
   * ignored: a driver in a namespace of its own sees other numbers.
   */
  isSaidToBe(pid: number): void {
    let ancestor: number | undefined = pid;
    for (let generation = 0; generation < MOST_GENERATIONS && ancestor !== undefined; generation++) {
      if (ancestor === this.#child.pid) {
        this.#pid = pid;
        return;
      }
      ancestor = parentOf(ancestor);
    }
  }

  /** The descriptors of the process, as in `5 → pipe:[7]`; undefined where the system does not show them. */
  descriptors(): Set<string> | undefined {
    const folder = `/proc/${this.pid}/fd`;
    try {
      return new Set(readdirSync(folder).map((fd) => `${fd} (${readlinkSync(join(folder, fd))})`));
    } catch {
      return undefined;
    }
  }

  /** The processor time of all threads in milliseconds; undefined where the system does not show it. */
  cpuMs(): number | undefined {
    try {
      const folder = `/proc/${this.pid}/task`;
      const lines = readdirSync(folder).map((thread) => readFileSync(join(folder, thread, 'schedstat'), 'utf8'));
      return lines.reduce((sum, line) => sum + Number(line.split(' ', 1)[0]) / 1e6, 0);
    } catch {
      return undefined;
    }
  }

  /** Whether the main thread of the process is asleep in a system call that waits for descriptors. */
  isWaiting(): boolean {
    try {
      return WAITS.test(readFileSync(`/proc/${this.pid}/wchan`, 'utf8'));
    } catch {
      return false;
    }
  }

  kill(): void {
    for (const pid of new Set([this.pid, this.#child.pid ?? 0])) {
      try {
        if (pid > 0) process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended.
      }
    }
  }

  /** How the process has ended, and what it said last; resolves after a moment where it has not ended. */
  async obituary(): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimer(resolve, END_LIMIT_MS);
    });
    await Promise.race([this.#ended, limit]);
    clearTimer(timer);
    const { exitCode, signalCode } = this.#child;
    const how =
      signalCode !== null ? `by ${signalCode}` : exitCode !== null ? `with status ${exitCode}` : 'without a status';
    const words = this.#words();
    return words === '' ? how : `${how}: ${words}`;
  }

  /** Kills the process, and closes what this process has of it. */
  async close(): Promise<void> {
    process.off('exit', this.#kill);
    this.kill();
    await this.#ended;
    closeSync(this.#output);
  }

  /** The end of what the process has written to its standard output and error. */
  #words(): string {
    const buffer = Buffer.alloc(1 << 20);
    const length = readSync(this.#output, buffer, 0, buffer.length, 0);
    return buffer.subarray(0, length).toString().trim().slice(-MOST_WORDS);
  }
}

/** The parent of a process; undefined where the system does not show it. */
function parentOf(pid: number): number | undefined {
  try {
    const [, parent] = /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return parent === undefined ? undefined : Number(parent);
  } catch {
    return undefined;
  }
}

/** Connected sockets: the end of this process, and the end of the driver, which blocks as most programs expect. */
export function socketsToDriver(): [here: number, there: number] {
  const [here, there] = sys.socketPair('stream');
  sys.setNonBlocking(there, false);
  return [here, there];
}

/** A file without a name: unlike a pipe, it takes whatever a driver writes while nobody reads. */
function openUnnamed(): number {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-driver-'));
  try {
    return openSync(join(folder, 'output'), 'a+');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

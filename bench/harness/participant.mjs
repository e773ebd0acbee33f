// @ts-check
// A process that takes part in a measurement: a server, a load, a probe. It prints lines of JSON.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onCore } from './cores.mjs';

export const BENCH = resolve(dirname(fileURLToPath(import.meta.url)), '..');
export const ROOT = resolve(BENCH, '..');

const ANSWER_TIMEOUT_MS = 120_000;

/** The command of a C program of the bench. */
export const c = (/** @type {string} */ name, /** @type {unknown[]} */ ...args) => [
  join(BENCH, 'build', name),
  ...args.map(String),
];
/** The command of a script of the bench. */
export const node = (/** @type {string} */ file, /** @type {unknown[]} */ ...args) => [
  process.execPath,
  join(BENCH, file),
  ...args.map(String),
];

export class Participant {
  #child;
  #command;
  #answers;
  #errors = '';

  /** @param {string[]} command @param {number | undefined} core */
  constructor(command, core) {
    this.#command = command.join(' ');
    const [file = '', ...args] = onCore(core, command);
    this.#child = spawn(file, args, { cwd: ROOT, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.on('error', (error) => {
      this.#errors += error.message;
    });
    this.#child.stdin.on('error', () => {});
    this.#child.stderr.on('data', (data) => {
      this.#errors += data;
    });
    this.#answers = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  /** taskset(1) becomes the program it runs, so this is the program's own number. */
  get pid() {
    return this.#child.pid ?? -1;
  }

  /** The next line that the process prints. @returns {Promise<any>} */
  async answer() {
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    const timeout = new Promise((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`no answer within ${ANSWER_TIMEOUT_MS / 1000} s: ${this.#command}`)),
        ANSWER_TIMEOUT_MS,
      );
    });
    try {
      const { value, done } = await Promise.race([this.#answers.next(), timeout]);
      if (done) throw new Error(`${await this.#ending()} without an answer: ${this.#command}\n${this.#errors.trim()}`);
      return JSON.parse(value);
    } finally {
      clearTimeout(timer);
    }
  }

  async #ending() {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    return this.#child.signalCode === null
      ? `ended with status ${this.#child.exitCode}`
      : `killed by ${this.#child.signalCode}`;
  }

  /** Says `line` and waits for the answer. @returns {Promise<any>} */
  ask(/** @type {string} */ line) {
    this.#child.stdin.write(`${line}\n`);
    return this.answer();
  }

  /** Ends the process and waits until it has gone. */
  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return;
    const ended = new Promise((done) => this.#child.once('exit', done));
    this.#child.kill('SIGKILL');
    await ended;
  }
}

/** Runs a command to its end and returns the one line it prints. */
export async function runOnce(/** @type {string[]} */ command, /** @type {number | undefined} */ core) {
  const participant = new Participant(command, core);
  try {
    return await participant.answer();
  } finally {
    await participant.stop();
  }
}

/**
 * Runs `use` and then stops everything that it has started.
 *
 * @template T
 * @param {(start: (command: string[], core: number | undefined) => Participant) => Promise<T>} use
 */
export async function withParticipants(use) {
  /** @type {Participant[]} */
  const started = [];
  try {
    return await use((command, core) => {
      const participant = new Participant(command, core);
      started.push(participant);
      return participant;
    });
  } finally {
    await Promise.all(started.map((participant) => participant.stop()));
  }
}

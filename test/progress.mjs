// How far a run of test files is, and how long the rest takes, in a line at the end of a terminal.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** The time of a file that has never run here. */
const UNKNOWN_MS = 2000;
const REDRAW_MS = 1000;

export class Progress {
  #recordFile;
  #times;
  #lanes;
  #pending;
  #running = new Map();
  #timer;
  #done = 0;
  #total;

  /** `recordFile` keeps how long each file took, for the next run. */
  constructor(files, lanes, recordFile) {
    this.#recordFile = recordFile;
    this.#times = readTimes(recordFile);
    this.#lanes = lanes;
    this.#pending = new Set(files);
    this.#total = files.length;
    if (process.stdout.isTTY) this.#timer = setInterval(() => this.#draw(), REDRAW_MS).unref();
  }

  start(file) {
    this.#pending.delete(file);
    this.#running.set(file, performance.now());
    this.#draw();
  }

  /** Prints `line` above the progress. */
  finish(file, ms, line) {
    this.#running.delete(file);
    this.#times[file] = Math.round(ms);
    this.#erase();
    console.log(`${String(++this.#done).padStart(3)}/${this.#total} ${line}`);
  }

  end() {
    clearInterval(this.#timer);
    this.#erase();
    mkdirSync(dirname(this.#recordFile), { recursive: true });
    writeFileSync(this.#recordFile, JSON.stringify(this.#times));
  }

  #leftMs() {
    const timeOf = (file) => this.#times[file] ?? UNKNOWN_MS;
    let left = 0;
    let longest = 0;
    for (const file of this.#pending) left += timeOf(file);
    for (const [file, start] of this.#running) {
      const rest = Math.max(timeOf(file) - (performance.now() - start), 0);
      left += rest;
      longest = Math.max(longest, rest);
    }
    return Math.max(left / this.#lanes, longest);
  }

  #draw() {
    if (this.#timer === undefined || this.#running.size === 0) return;
    const text = `${this.#done}/${this.#total}, about ${duration(this.#leftMs())} left: ${[...this.#running.keys()].join(', ')}`;
    process.stdout.write(`\r\x1b[2K${text.slice(0, process.stdout.columns - 1)}`);
  }

  #erase() {
    if (this.#timer !== undefined) process.stdout.write('\r\x1b[2K');
  }
}

function readTimes(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}

function duration(ms) {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fuzzerOf } from './fuzzers.js';
import type { FuzzerName, Operation, Told } from './fuzzer.js';
import type { LaneOrder } from './lane.js';
import { shrink } from './shrink.js';
import { nativeAddon } from '../support/paths.js';

export interface FuzzOptions {
  readonly fuzzer: FuzzerName;
  readonly seed: number;
  readonly operations: number;
  readonly untilMs: number;
  readonly planted?: string;
  /** The run stops after this many findings of different promises. */
  readonly mostFindings?: number;
  readonly mostTries?: number;
  readonly onProgress?: (operations: number, seed: number) => void;
}

export interface FuzzReport {
  readonly operations: number;
  /** The first and the last seed. */
  readonly seeds: readonly [number, number];
  readonly findings: readonly Told[];
}

const LANE = join(__dirname, 'lane.js');
const FAULTS_FILE = nativeAddon('faults');
const LOOK_MS = 100;
/** When a lane counts as hung. An episode takes milliseconds, a hundred times as long on a very busy machine. */
const STUCK_MS = 15_000;
const STUCK_REPLAY_MS = 1000;
const MOST_STUCK_TRIES = 120;
/** After this many processes that made no operation the run stops: the operations are not what ends them. */
const MOST_FRUITLESS = 10;

/** Runs episodes in processes of their own, until the time or the number of operations is used up. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-fuzz-'));
  const findings = new Map<string, Told>();
  let { seed } = options;
  let operations = 0;
  let fruitless = 0;
  const mostFindings = options.mostFindings ?? 20;
  try {
    while (operations < options.operations && Date.now() < options.untilMs && findings.size < mostFindings) {
      const lane = new Lane(
        folder,
        {
          fuzzer: options.fuzzer,
          planted: options.planted,
          seed,
          operations: options.operations - operations,
          untilMs: options.untilMs,
          mostFindings: mostFindings - findings.size,
          mostTries: options.mostTries ?? 2000,
          statusFile: join(folder, 'status'),
        },
        (made, at) => options.onProgress?.(operations + made, at),
      );
      const ending = await lane.end;
      for (const told of lane.told)
        if (!findings.has(told.rule) || findings.get(told.rule)!.seed === told.seed)
          findings.set(told.rule, { ...told, after: operations + told.after });
      operations += lane.made;
      seed = Math.max(seed, Math.floor(lane.seed)) + 1;
      if (ending === 'done') break;
      const at = seed - 1;
      if (lane.told.some((told) => told.seed === at)) continue;
      if (lane.made === 0 && ++fruitless === MOST_FRUITLESS) break;
      if (!findings.has(ending))
        findings.set(ending, await explain(folder, options, ending, at, operations, lane.errors));
    }
    return { operations, seeds: [options.seed, Math.max(options.seed, seed - 1)], findings: [...findings.values()] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One process that runs episodes. */
class Lane {
  readonly told: Told[] = [];
  readonly end: Promise<'done' | 'hang' | 'crash'>;
  made = 0;
  seed: number;
  errors = '';

  constructor(folder: string, order: LaneOrder, onProgress: (made: number, seed: number) => void) {
    this.seed = order.seed;
    writeFileSync(order.statusFile, Buffer.from(new Float64Array([order.seed, 0]).buffer));
    const child = spawnLane(order);
    const status = openSync(order.statusFile, 'r');
    const words = new Float64Array(2);
    let beat = '';
    let beatAt = Date.now();
    let isStuck = false;
    const look = (): void => {
      readSync(status, words, 0, words.byteLength, 0);
      [this.seed, this.made] = [words[0] === -1 ? this.seed : words[0]!, words[1]!];
      if (`${words.join()}` !== beat) [beat, beatAt] = [words.join(), Date.now()];
      else if (Date.now() - beatAt > STUCK_MS) {
        isStuck = true;
        child.kill('SIGKILL');
      }
      onProgress(this.made, Math.floor(this.seed));
    };
    const timer = setInterval(look, LOOK_MS);
    let output = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
    this.end = new Promise((resolve) =>
      child.on('close', (code) => {
        clearInterval(timer);
        look();
        closeSync(status);
        for (const line of output.split('\n')) if (line !== '') this.told.push(JSON.parse(line) as Told);
        rmSync(join(folder, 'trace'), { force: true });
        resolve(isStuck ? 'hang' : code === 0 ? 'done' : 'crash');
      }),
    );
  }
}

/** What the process was doing when it hung or died, and the shortest sequence that makes it do so again. */
async function explain(
  folder: string,
  options: FuzzOptions,
  rule: 'hang' | 'crash',
  seed: number,
  after: number,
  errors: string,
): Promise<Told> {
  const traceFile = join(folder, 'trace');
  const order: LaneOrder = {
    fuzzer: options.fuzzer,
    planted: options.planted,
    seed,
    operations: 0,
    untilMs: 0,
    mostFindings: 0,
    mostTries: 0,
    statusFile: '',
  };
  await outcomeOf(spawnLane({ ...order, traceFile }), STUCK_MS);
  const lines = existsSync(traceFile) ? readFileSync(traceFile, 'utf8').trimEnd().split('\n') : [];
  const operations = lines.map((line) => JSON.parse(line) as Operation);
  const replayFile = join(folder, 'replay');
  const fails = async (part: readonly Operation[], limitMs = STUCK_REPLAY_MS): Promise<boolean> => {
    writeFileSync(replayFile, JSON.stringify(part));
    return (await outcomeOf(spawnLane({ ...order, replayFile }), limitMs)) === rule;
  };
  const shorter = await shrink(operations, (part) => fails(part), MOST_STUCK_TRIES);
  // A replay that was only slow proves nothing.
  const shortest = (await fails(shorter, STUCK_MS)) ? shorter : operations;
  const detail = rule === 'hang' ? 'a call does not return' : `the process ends: ${errors.trim().slice(-2000)}`;
  return {
    rule,
    detail,
    fuzzer: options.fuzzer,
    seed,
    after,
    length: shortest.length,
    program: fuzzerOf(options.fuzzer, options.planted).print(shortest),
  };
}

function outcomeOf(child: ChildProcess, limitMs: number): Promise<'done' | 'hang' | 'crash'> {
  let isStuck = false;
  child.stdout!.resume();
  child.stderr!.resume();
  const timer = setTimeout(() => {
    isStuck = true;
    child.kill('SIGKILL');
  }, limitMs);
  return new Promise((resolve) =>
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(isStuck ? 'hang' : code === 0 ? 'done' : 'crash');
    }),
  );
}

function spawnLane(order: LaneOrder): ChildProcess {
  const env = { ...process.env };
  if (order.fuzzer === 'faults') env['LD_PRELOAD'] = [FAULTS_FILE, env['LD_PRELOAD']].filter(Boolean).join(':');
  return spawn(process.execPath, ['--expose-gc', LANE, JSON.stringify(order)], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

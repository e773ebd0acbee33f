// A process that runs episodes: lane.js FUZZER JSON. The parent can kill it when a call does not return.
import { appendFileSync, openSync, readFileSync, writeSync } from 'node:fs';
import { fuzzerOf } from './fuzzers.js';
import type { Fuzzer, FuzzerName, Operation, Told } from './fuzzer.js';
import { shrink } from './shrink.js';

export interface LaneOrder {
  readonly fuzzer: FuzzerName;
  /** The name of a fault in the table of planted faults, which the poller or stream under test gets. */
  readonly planted?: string | undefined;
  /** The first seed, and how long to run. */
  readonly seed: number;
  readonly operations: number;
  readonly untilMs: number;
  readonly mostFindings: number;
  /** How many runs may be spent on making one finding shorter. */
  readonly mostTries: number;
  /** A file that is rewritten after each episode: the seed that runs, and how many operations were made. */
  readonly statusFile: string;
  /** With this the lane only runs `seed`, and writes each operation to the file before it is made. */
  readonly traceFile?: string;
  /** With this the lane only runs the operations of the file. */
  readonly replayFile?: string;
}

async function work(order: LaneOrder): Promise<void> {
  const fuzzer = fuzzerOf(order.fuzzer, order.planted);
  if (order.replayFile !== undefined)
    await fuzzer.replay(JSON.parse(readFileSync(order.replayFile, 'utf8')) as Operation[]);
  else if (order.traceFile !== undefined) await trace(fuzzer, order.seed, order.traceFile);
  else await run(fuzzer, order);
  fuzzer.end();
  process.exit(0);
}

async function run(fuzzer: Fuzzer, order: LaneOrder): Promise<void> {
  const status = openSync(order.statusFile, 'r+');
  const now = new Float64Array(2);
  const known = new Map<string, number>();
  let made = 0;
  let beat = 0;
  for (let seed = order.seed; made < order.operations && Date.now() < order.untilMs; seed++) {
    now.set([seed, made]);
    writeSync(status, now, 0, now.byteLength, 0);
    const outcome = await fuzzer.run(seed);
    made += outcome.operations.length;
    const { finding } = outcome;
    if (finding === undefined) continue;
    const times = (known.get(finding.rule) ?? 0) + 1;
    known.set(finding.rule, times);
    if (times > 1) continue;
    const isSame = async (part: readonly Operation[]): Promise<boolean> => {
      const rule = (await fuzzer.replay(part)).finding?.rule;
      // The heartbeat changes while a finding is made shorter, although no episode ends: the lane does not hang.
      now[0] = seed + (++beat % 2) / 2;
      writeSync(status, now, 0, now.byteLength, 0);
      return rule === finding.rule;
    };
    const tell = (part: readonly Operation[], detail: string): void => {
      const told: Told = {
        rule: finding.rule,
        detail,
        fuzzer: order.fuzzer,
        seed,
        after: made,
        length: part.length,
        program: fuzzer.print(part),
      };
      process.stdout.write(`${JSON.stringify(told)}\n`);
    };
    // The finding is reported at once, and again when it is shorter: running a shorter sequence may hang.
    tell(outcome.operations, finding.message);
    const shortest = await shrink(outcome.operations, isSame, order.mostTries);
    tell(shortest, (await fuzzer.replay(shortest)).finding?.message ?? finding.message);
    if (known.size >= order.mostFindings) break;
  }
  now.set([-1, made]);
  writeSync(status, now, 0, now.byteLength, 0);
}

async function trace(fuzzer: Fuzzer, seed: number, file: string): Promise<void> {
  await fuzzer.run(seed, (operation) => appendFileSync(file, `${JSON.stringify(operation)}\n`));
}

void work(JSON.parse(process.argv[2]!) as LaneOrder);

// npm run fuzz -- --seconds N [--seed S] [--only poller|stream|reactor|faults] [--operations N] [--planted NAME]
import { BACKEND, KERNEL } from '../support/facts.js';
import { FUZZER_NAMES, type FuzzerName, type Told } from './fuzzer.js';
import { fuzz } from './supervise.js';

const USAGE = `Usage: npm run fuzz -- [options]

  --seconds N      how long, all fuzzers together; 60 by default
  --operations N   ends earlier, each fuzzer after so many operations
  --seed N         the first seed; by default a number from the clock. The same seed makes the same operations
  --only NAME      one of ${FUZZER_NAMES.join(', ')}; may be repeated
  --planted NAME   the poller or stream under test has this fault (test/fuzz/planted)

POLLUX_BINDING and KQUEUE_PERSONALITY choose another addon, as everywhere. Exit status 1: something was found.
`;

interface Arguments {
  seconds: number;
  operations: number;
  seed: number;
  only: FuzzerName[];
  planted: string | undefined;
}

function fail(complaint: string): never {
  process.stderr.write(`fuzz: ${complaint}\n\n${USAGE}`);
  process.exit(2);
}

function parse(args: string[]): Arguments {
  const parsed: Arguments = {
    seconds: 0,
    operations: Number.MAX_SAFE_INTEGER,
    seed: Date.now() % 1_000_000_000,
    only: [],
    planted: undefined,
  };
  for (let index = 0; index < args.length; index += 2) {
    const [name, text] = [args[index]!, args[index + 1]];
    if (name === '--help' || name === '-h') {
      process.stdout.write(USAGE);
      process.exit(0);
    }
    if (text === undefined) fail(`${name} needs a value`);
    const number = Number(text);
    if (name === '--only') {
      if (!FUZZER_NAMES.includes(text as FuzzerName)) fail(`--only takes ${FUZZER_NAMES.join(', ')}, not ${text}`);
      parsed.only.push(text as FuzzerName);
    } else if (name === '--planted') parsed.planted = text;
    else if (name !== '--seconds' && name !== '--operations' && name !== '--seed') fail(`unknown option ${name}`);
    else if (!Number.isFinite(number) || number < 0) fail(`${name} takes a number, not ${text}`);
    else parsed[name.slice(2) as 'seconds' | 'operations' | 'seed'] = number;
  }
  if (parsed.seconds === 0) parsed.seconds = parsed.operations === Number.MAX_SAFE_INTEGER ? 60 : 1e9;
  return parsed;
}

function tell({ rule, detail, fuzzer, seed, length, program }: Told): void {
  console.log(
    `\nFOUND by ${fuzzer}: ${detail}\n  rule "${rule}", seed ${seed}; again: npm run fuzz -- --only ${fuzzer} --seed ${seed} --operations 1\n  ${length} operations:\n`,
  );
  console.log(program.replace(/^/gm, '    '));
}

async function main(): Promise<void> {
  const { seconds, operations, seed, only, planted } = parse(process.argv.slice(2));
  const usable = BACKEND === 'epoll' ? FUZZER_NAMES : FUZZER_NAMES.filter((name) => name !== 'faults');
  const names = only.length > 0 ? only : usable;
  console.log(`fuzz: ${names.join(', ')} on ${BACKEND}${BACKEND === 'kqueue' ? ` (${KERNEL})` : ''}, seed ${seed}`);
  let found = 0;
  for (const name of names) {
    const startMs = Date.now();
    const lengthMs = (seconds * 1000) / names.length;
    const progress = (made: number, at: number): void => {
      const passedMs = Date.now() - startMs;
      const left = Math.min(lengthMs - passedMs, (passedMs / made) * (operations - made));
      process.stderr.write(
        `\r\x1b[K${name}: ${made.toLocaleString('en')} operations, ${Math.round(made / passedMs)} k/s, seed ${at}, ${Number.isFinite(left) ? `${Math.ceil(left / 1000)} s left` : ''}`,
      );
    };
    const report = await fuzz({
      fuzzer: name,
      seed,
      operations,
      untilMs: startMs + lengthMs,
      ...(planted === undefined ? {} : { planted }),
      ...(process.stderr.isTTY ? { onProgress: progress } : {}),
    });
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
    const rate = Math.round((report.operations / Math.max(1, Date.now() - startMs)) * 10) / 10;
    console.log(
      `${name}: ${report.operations.toLocaleString('en')} operations, ${rate} k/s, seeds ${report.seeds.join(' to ')}, ${report.findings.length} found`,
    );
    report.findings.forEach(tell);
    found += report.findings.length;
  }
  process.exitCode = found === 0 ? 0 : 1;
}

void main();

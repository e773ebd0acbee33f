import { statSync } from 'node:fs';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type Clause,
  type ConformanceOptions,
  type Report,
  clauses,
  createReporter,
  runConformance,
  select,
} from '../conformance/index.js';
import { LOAD_LIMIT_MS } from '../conformance/runner/process-runner.js';
import { groupOf } from '../conformance/kit/clause.js';
import { namesOf, unknownNameIn } from '../conformance/runner/filter.js';
import { didYouMean } from '../did-you-mean.js';
import { REPORTER_NAMES } from '../conformance/reporters/all.js';
import { compareCommand } from './compare.js';
import { checkOutput, complain, OutputError, print, write } from './output.js';
import { oneOf, parseOptions, UsageError } from './usage-error.js';

const NOTICE_AFTER_MS = 2000;
const BACKENDS = ['auto', 'epoll', 'kqueue'] as const;

/** `pollux conformance`: runs the suite; resolves with 0 only when nothing failed and something ran. */
export async function conformanceCommand(args: string[]): Promise<number> {
  if (args[0] === 'compare') return compareCommand(args.slice(1));
  const options = parseOptions(args, {
    backend: { type: 'string', default: 'auto' },
    module: { type: 'string', default: '' },
    driver: { type: 'string', default: '' },
    filter: { type: 'string', multiple: true, default: [] },
    reporter: { type: 'string', default: 'spec' },
    bail: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  });
  const name = oneOf('reporter', options.reporter, REPORTER_NAMES);
  oneOf('backend', options.backend, BACKENDS);
  const selected = selectedBy(options.filter.filter((names) => names !== '').join(','));
  if (options.list) {
    if (name !== 'spec' && name !== 'json')
      throw new UsageError(`--list goes with the reporters spec and json, not with ${name}`);
    print(name === 'json' ? JSON.stringify(selected.map(asJson), null, 2) : selected.map(describe).join('\n'));
    return 0;
  }
  const reporter = createReporter(name, new Stdout());
  const subject = subjectOf(options);
  const notice = setTimeout(sayThatItLoads, NOTICE_AFTER_MS, options.module || options.driver);
  const run: ConformanceOptions = {
    ...subject,
    bail: options.bail,
    filter: (clause) => selected.includes(clause),
    onStart: (plan) => {
      clearTimeout(notice);
      reporter.start(plan);
    },
    onResult: (result) => {
      reporter.result(result);
      // Where nobody reads, the clauses that are left need not run.
      checkOutput();
    },
  };
  let report: Report;
  process.once('SIGINT', exitBy).once('SIGTERM', exitBy);
  try {
    report = await runConformance(run);
  } catch (error) {
    if (error instanceof OutputError) throw error;
    const { message, stack = '' } = error as Error;
    complain(`pollux: ${/^SyntaxError\b/m.test(stack) ? `${options.module}: syntax error: ` : ''}${message}`);
    for (const line of whereOutside(error as Error)) complain(line);
    return 1;
  } finally {
    clearTimeout(notice);
    process.off('SIGINT', exitBy).off('SIGTERM', exitBy);
  }
  reporter.end(report);
  if (report.passed + report.failed === 0) complain('pollux: no clause ran');
  return report.failed === 0 && report.passed > 0 ? 0 : 1;
}

/** Ends the process with the exit status of a process that the signal has killed. Exit handlers run before that. */
export function exitBy(signal: NodeJS.Signals): void {
  process.exit(128 + constants.signals[signal]);
}

/** What reporters write to. */
class Stdout {
  readonly isTTY = process.stdout.isTTY;

  get columns(): number | undefined {
    return process.stdout.columns;
  }

  write(text: string): void {
    write(text);
  }
}

/** Where in the module `error` comes from: its stack but for the runtime's files and this package's. */
function whereOutside({ stack = '', message }: Error): string[] {
  const own = resolve(__dirname, '..');
  const isElsewhere = (line: string): boolean =>
    /^\s*at /.test(line) && (/\b(node|ext):\w/.test(line) || line.includes(own));
  const isMessage = (line: string): boolean => /^(\w*Error: ?)?$/.test(line) || line.endsWith(message);
  return stack
    .replace(message, '')
    .split('\n')
    .filter((line) => !isMessage(line) && !isElsewhere(line));
}

function sayThatItLoads(module: string): void {
  complain(
    `pollux: ${module || 'the package'} is still loading, or its createPoller() has not returned; it is given ${LOAD_LIMIT_MS / 1000} s`,
  );
}

/** The clauses that `filter` names; all where it names none. */
function selectedBy(filter: string): readonly Clause[] {
  if (filter === '') return clauses;
  const unknown = unknownNameIn(clauses, filter);
  if (unknown !== undefined)
    throw new UsageError(
      `--filter: "${unknown}" is neither a clause nor a group${didYouMean(unknown, namesOf(clauses)) || '.'} --list shows them`,
    );
  return select(clauses, filter);
}

/** What is tested: the module or driver that the command line names, or this package on one of its backends. */
function subjectOf({
  module,
  driver,
  backend,
}: {
  module: string;
  driver: string;
  backend: string;
}): Pick<ConformanceOptions, 'module' | 'driver' | 'pollerOptions'> {
  if (driver !== '') {
    if (module !== '') throw new UsageError('--driver and --module name two pollers, and one is tested');
    if (backend !== 'auto')
      throw new UsageError('--backend chooses a backend of pollux, so it does not go with --driver');
    return { driver };
  }
  if (module === '') return { module: resolve(__dirname, '..', 'index.js'), pollerOptions: { backend } };
  if (backend !== 'auto')
    throw new UsageError('--backend chooses a backend of pollux, so it does not go with --module');
  const url = module.startsWith('file:') ? new URL(module) : pathToFileURL(resolve(module));
  const file = statSync(url, { throwIfNoEntry: false });
  if (file === undefined) throw new UsageError(`--module: there is no file ${module}`);
  if (file.isDirectory())
    throw new UsageError(`--module: ${module} is a directory; name the file that exports createPoller()`);
  return { module: url };
}

function asJson({ id, title, promise, needs }: Clause): object {
  return { id, group: groupOf(id), title, promise, needs };
}

function describe({ id, promise, needs }: Clause): string {
  return `${id}\t${promise}${needs.length === 0 ? '' : `\tneeds ${needs.join(', ')}`}`;
}

import { invalidValue } from '../../errors.js';
import type { Plan, Report, Result } from './report.js';
import { jsonReporter } from './json.js';
import { junitReporter } from './junit.js';
import { markdownReporter } from './markdown.js';
import { specReporter } from './spec.js';
import { tapReporter } from './tap.js';

/** Where a report goes: a stream, or anything else with a `write()`. */
export interface Output {
  write(text: string): unknown;
  /** Whether lines can be overwritten and coloured. */
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Hears of a run as it goes on. */
export interface Reporter {
  start(plan: Plan): void;
  result(result: Result): void;
  end(report: Report): void;
}

const REPORTERS = {
  spec: specReporter,
  tap: tapReporter,
  json: jsonReporter,
  markdown: markdownReporter,
  junit: junitReporter,
} as const;

export type ReporterName = keyof typeof REPORTERS;

export const REPORTER_NAMES = Object.keys(REPORTERS) as readonly ReporterName[];

/**
 * The reporter `name`, writing to `output`: standard output by default.
 *
 * @throws TypeError `ERR_INVALID_ARG_VALUE`: there is no such reporter.
 */
export function createReporter(name: ReporterName, output: Output = process.stdout): Reporter {
  if (!Object.hasOwn(REPORTERS, name))
    throw invalidValue('name', `must be one of ${REPORTER_NAMES.join(', ')}`, name, REPORTER_NAMES);
  return REPORTERS[name](output);
}

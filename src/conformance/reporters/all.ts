import { invalidValue } from '../../errors.js';
import { htmlReporter } from './html.js';
import { junitReporter } from './junit.js';
import { markdownReporter } from './markdown.js';
import { type Output, type Reporter, documentReporter } from './reporter.js';
import { specReporter } from './spec.js';
import { tapReporter } from './tap.js';

/** All reporters, by name. */
const REPORTERS = {
  spec: specReporter,
  tap: tapReporter,
  json: documentReporter((report) => JSON.stringify(report, null, 2)),
  markdown: markdownReporter,
  junit: junitReporter,
  html: htmlReporter,
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

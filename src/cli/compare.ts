import { readFileSync } from 'node:fs';
import { messageOf } from '../errors.js';
import { comparisonText } from '../conformance/reporters/comparison.js';
import { compare, type Side, sideOf } from '../conformance/runner/comparison.js';
import { print } from './output.js';
import { oneOf, parseOptions, UsageError } from './usage-error.js';

const REPORTERS = ['spec', 'json'] as const;

/** `pollux conformance compare A.json B.json`: resolves with 0 where every clause ended alike, as diff(1) does. */
export function compareCommand(args: string[]): number {
  const files: string[] = [];
  const options = parseOptions(args, { reporter: { type: 'string', default: 'spec' } }, files);
  const reporter = oneOf('reporter', options.reporter, REPORTERS);
  const [a, b, ...rest] = files;
  if (rest.length > 0) throw new UsageError(`unexpected argument '${rest[0]}'`);
  if (a === undefined || b === undefined) throw new UsageError('compare needs two reports: compare A.json B.json');
  const comparison = compare(sideIn(a), sideIn(b));
  print(reporter === 'json' ? JSON.stringify(comparison, null, 2) : comparisonText(comparison));
  return comparison.differences.length === 0 ? 0 : 1;
}

/** The report in `file`. */
function sideIn(file: string): Side {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`compare: ${messageOf(error)}`);
  }
  try {
    return sideOf(JSON.parse(text));
  } catch (error) {
    throw new UsageError(`compare: ${file}: ${messageOf(error)}`);
  }
}

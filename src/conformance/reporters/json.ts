import type { Output, Reporter } from './reporter.js';

/** The report as one JSON object, at the end. */
export function jsonReporter(output: Output): Reporter {
  return {
    start() {},
    result() {},
    end(report) {
      output.write(`${JSON.stringify(report, null, 2)}\n`);
    },
  };
}

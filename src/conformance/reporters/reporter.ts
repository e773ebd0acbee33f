import type { Plan, Report, Result } from '../runner/report.js';

/** Where a report goes: a stream, or anything else with a `write()`. */
export interface Output {
  write(text: string): unknown;
  /** Whether lines can be overwritten and coloured. */
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Is told what happens in a run while it happens. */
export interface Reporter {
  start(plan: Plan): void;
  result(result: Result): void;
  end(report: Report): void;
}

/** A reporter that writes one document, at the end of the run. */
export function documentReporter(document: (report: Report) => string): (output: Output) => Reporter {
  return (output) => ({
    start() {},
    result() {},
    end(report) {
      output.write(`${document(report)}\n`);
    },
  });
}

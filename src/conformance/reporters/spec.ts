import { groupedByCause } from './by-cause.js';
import type { Plan, Report, Result } from '../runner/report.js';
import type { Output, Reporter } from './reporter.js';

type Colour = (text: string) => string;

const MARKS = { passed: '✔', failed: '✘', gated: '–' } as const;
const CLEAR_LINE = '\r\x1b[K';
const BAR_WIDTH = 24;
const MOST_IDS = 5;

/** Writes lines for people: grouped by clause group, with colours and a progress bar on a terminal. */
export function specReporter(output: Output): Reporter {
  const isTTY = output.isTTY === true;
  const colour = coloursFor(isTTY);
  const show = { passed: colour(32), failed: colour(31), gated: colour(33) } as const;
  const [bold, dim] = [colour(1), colour(2)];
  let plan: Plan | undefined;
  let group = '';
  let done = 0;
  const line = (text: string): void => void output.write(`${isTTY ? CLEAR_LINE : ''}${text}\n`);
  const progress = (id: string): void => {
    if (!isTTY || plan === undefined) return;
    const filled = Math.round((BAR_WIDTH * done) / Math.max(plan.total, 1));
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
    output.write(`${CLEAR_LINE}${dim(`${bar} ${done}/${plan.total} ${id}`.slice(0, (output.columns ?? 80) - 1))}`);
  };
  return {
    start(started) {
      plan = started;
      line(`${bold(`pollux conformance, ${started.backend}`)} ${dim(`(${started.runtime}, ${started.system})`)}`);
    },
    result(result) {
      if (result.group !== group) {
        group = result.group;
        line(`\n${bold(group)}`);
      }
      const took = result.outcome === 'gated' ? '' : dim(` ${Math.round(result.ms)} ms`);
      line(`  ${show[result.outcome](MARKS[result.outcome])} ${result.id} ${result.title}${took}`);
      if (result.reason !== undefined) line(explain(result, show[result.outcome]));
      done++;
      progress(result.id);
    },
    end(report) {
      line('');
      line(summary(report, show));
      causes(report).forEach(line);
      const failures = report.results.filter(({ outcome }) => outcome === 'failed');
      for (const result of failures) {
        line(`\n${show.failed(result.id)} ${result.promise}`);
        line(explain(result, show.failed));
      }
    },
  };
}

/** The failures by cause, where several have one. */
function causes({ results }: Report): string[] {
  const groups = groupedByCause(results);
  if (!groups.some((group) => group.results.length > 1)) return [];
  return [
    '',
    'failures by cause',
    ...groups.map(({ cause, results: members }) => {
      const ids = members.map(({ id }) => id);
      const more = ids.length > MOST_IDS ? `, and ${ids.length - MOST_IDS} more` : '';
      return `  ${String(ids.length).padStart(3)} × ${cause}: ${ids.slice(0, MOST_IDS).join(', ')}${more}`;
    }),
  ];
}

function explain({ outcome, reason = '' }: Result, paint: Colour): string {
  const text = outcome === 'gated' ? `gated: ${reason}` : reason;
  return text
    .split('\n')
    .map((part) => `      ${paint(part)}`)
    .join('\n');
}

function summary(
  { passed, failed, gated, ms, total, results }: Report,
  show: Readonly<Record<Result['outcome'], Colour>>,
): string {
  const counts = [
    show.passed(`${passed} passed`),
    failed > 0 ? show.failed(`${failed} failed`) : '0 failed',
    ...(gated > 0 ? [show.gated(`${gated} gated`)] : []),
    ...(total > results.length ? [`${total - results.length} not run`] : []),
  ];
  return `${counts.join(', ')} in ${(ms / 1000).toFixed(1)} s`;
}

function coloursFor(isTTY: boolean): (code: number) => Colour {
  const isOn = isColoured(isTTY);
  return (code) => (text) => (isOn ? `\x1b[${code}m${text}\x1b[0m` : text);
}

/** Whether to print in colour: https://no-color.org, and FORCE_COLOR as Node has it. */
export function isColoured(isTTY: boolean): boolean {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return forced || (isTTY && (NO_COLOR === undefined || NO_COLOR === ''));
}

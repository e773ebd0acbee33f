// @ts-check
// What a row hands over, and the table made of it.

/** @typedef {import('./rounds.mjs').Spread} Spread */
/** @typedef {'×' | 'ns' | 'B' | 'ms'} Unit */
/**
 * @typedef {object} Figure
 * @property {string} title
 * @property {string} bar        as DESIGN words it, or '' where there is none
 * @property {number} [limit]
 * @property {Unit} [unit]
 * @property {Spread} [spread]   absent: not measured, and `reason` says why
 * @property {string} [against]  the figures it was made of
 * @property {string} [reason]
 * @property {boolean} [failed]  it should have run and could not
 */

const DIGITS = { '×': 3, ns: 1, B: 1, ms: 2 };

export function show(/** @type {number} */ value, /** @type {Unit} */ unit) {
  return unit === '×' ? `${value.toFixed(DIGITS[unit])} ×` : `${value.toFixed(DIGITS[unit])} ${unit}`;
}

function verdict(/** @type {Figure} */ { limit, unit = '×', spread, reason }) {
  if (spread === undefined) return reason ?? 'not measured';
  if (limit === undefined) return '';
  if (spread.median <= limit) return 'met';
  return unit === '×'
    ? `missed by ${((spread.median / limit - 1) * 100).toFixed(1)} %`
    : `missed by ${show(spread.median - limit, unit)}`;
}

function cells(/** @type {Figure} */ figure) {
  const { title, bar, unit = '×', spread, against = '' } = figure;
  const measured = spread === undefined ? '–' : show(spread.median, unit);
  const range = spread === undefined ? '–' : `${show(spread.least, unit)} – ${show(spread.most, unit)}`;
  return [title, bar, measured, range, against, verdict(figure)];
}

/** The table, in Markdown that reads as well in a terminal. */
export function table(/** @type {Figure[]} */ figures) {
  return grid([['figure', 'bar', 'measured', 'min – max', 'made of', 'verdict'], ...figures.map(cells)]);
}

/** Any table; the first line is its head. */
export function grid(/** @type {string[][]} */ lines) {
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  const draw = (/** @type {string[]} */ line) =>
    `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  const [head = [], ...body] = lines;
  return [draw(head), rule, ...body.map(draw)].join('\n');
}

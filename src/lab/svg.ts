import type { Step } from './experiment.js';
import type { Cell } from './registrations.js';
import type { Run } from './script.js';
import { labelOf, silenceOf, TextTimeline, wrapped } from './text.js';

const MARGIN = 16;
const STEP_WIDTH = 240;
/** The width of a character, in the widest of the fonts. */
const CHARACTER = 7.9;
/** How many characters of a step fit into a line. */
const STEP_CHARACTERS = 28;
const LANE_WIDTH = 128;
const LINE = 17;
const GAP = 9;

/**
 * No meaning rests on a colour: an event is a box with words, silence a ring or a word on the lane, an error a dashed
 * box, and a registration that is off has a dotted lane. Programs that do not know dark pages show the light picture.
 */
const STYLE = `
.page{fill:#fff}
text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#1f2328}
.title,.mode{font-weight:600}
.mode,.word,.code,.note{text-anchor:middle}
.word,.code,.note,.quiet{font-size:12px}
.word{fill:#116329}
.code{fill:#a40e26}
.note,.quiet{fill:#59636e}
.note{stroke:#fff;stroke-width:5px;paint-order:stroke}
.lane{stroke:#afb8c1;stroke-width:1.5}
.off{stroke-dasharray:1.5 5}
.ring{fill:#fff;stroke:#818b98;stroke-width:1.5}
.event{fill:#dafbe1;stroke:#116329;stroke-width:1.5}
.error{fill:#fff;stroke:#a40e26;stroke-width:1.5;stroke-dasharray:4 2}
@media(prefers-color-scheme:dark){
.page{fill:#0d1117}
text{fill:#e6edf3}
.word{fill:#7ee2a0}
.code{fill:#ff9492}
.note,.quiet{fill:#9198a1}
.note{stroke:#0d1117}
.lane{stroke:#3d444d}
.ring{fill:#0d1117;stroke:#9198a1}
.event{fill:#12361f;stroke:#7ee2a0}
.error{fill:#0d1117;stroke:#ff9492}
}`;

/** The timeline of a run as a picture: an SVG document that stands alone. Comments are not in it. */
export function svgOf({ title, parts }: Pick<Run, 'title' | 'parts'>): string {
  const steps = parts.filter((part): part is Step => typeof part !== 'string');
  const lanes = Math.max(1, ...steps.map(({ modes }) => modes.length));
  const width = 2 * MARGIN + STEP_WIDTH + lanes * LANE_WIDTH;
  const drawing = new Drawing(width);
  if (title !== '') drawing.paragraph('title', title);
  for (const step of steps) {
    if (step.opened !== undefined) {
      drawing.paragraph('quiet', step.opened);
      drawing.modes(step.modes.map(({ name }) => name));
    }
    drawing.step(step);
  }
  const height = drawing.bottom + MARGIN;
  const text = new TextTimeline();
  const description = steps.flatMap((step) => text.linesOf(step)).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" class="lab" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="t d">
<title id="t">${escaped(title || 'A timeline of pollux lab')}</title>
<desc id="d">${escaped(description)}</desc>
<style>${STYLE}
</style>
<rect class="page" width="${width}" height="${height}" rx="8"/>
${drawing.elements.join('\n')}
</svg>
`;
}

class Drawing {
  readonly elements: string[] = [];
  bottom = MARGIN;
  readonly #width: number;

  constructor(width: number) {
    this.#width = width;
  }

  paragraph(kind: string, text: string): void {
    for (const line of wrapped(text.split(' '), Math.floor((this.#width - 2 * MARGIN) / CHARACTER))) {
      this.#text(kind, MARGIN, this.bottom + 13, line);
      this.bottom += LINE;
    }
    this.bottom += 6;
  }

  modes(names: readonly string[]): void {
    for (const [index, name] of names.entries()) this.#text('mode', middleOf(index), this.bottom + 15, name);
    this.bottom += LINE + 6;
  }

  step(step: Step): void {
    const label = wrapped(labelOf(step).split(' '), STEP_CHARACTERS);
    const lines = Math.max(label.length, ...step.cells.map(heightOf));
    const height = lines * LINE + GAP;
    for (const [index, line] of label.entries())
      this.#text('', MARGIN + (index === 0 ? 0 : 14), this.bottom + 17 + index * LINE, line);
    for (const [index, cell] of step.cells.entries()) this.#cell(middleOf(index), height, cell);
    this.bottom += height;
  }

  #cell(x: number, height: number, cell: Cell): void {
    const isOff = cell.silence === 'disarmed' || cell.silence === 'paused' || cell.silence === 'removed';
    this.elements.push(
      `<line class="lane${isOff ? ' off' : ''}" x1="${x}" y1="${this.bottom}" x2="${x}" y2="${this.bottom + height}"/>`,
    );
    let y = this.bottom + 4;
    if (cell.error !== undefined) y = this.#box('error', 'code', x, y, [cell.error]) + 3;
    if (cell.bits.length > 0) this.#box('event', 'word', x, y, cell.bits);
    else if (cell.silence !== undefined) this.#text('note', x, y + 13, silenceOf(cell).slice(2));
    else this.elements.push(`<circle class="ring" cx="${x}" cy="${y + 9}" r="4"/>`);
  }

  #box(kind: string, textKind: string, x: number, y: number, words: readonly string[]): number {
    const width = LANE_WIDTH - 24;
    const height = words.length * LINE + 2;
    this.elements.push(
      `<rect class="${kind}" x="${x - width / 2}" y="${y}" width="${width}" height="${height}" rx="5"/>`,
    );
    for (const [index, word] of words.entries()) this.#text(textKind, x, y + 14 + index * LINE, word);
    return y + height;
  }

  #text(kind: string, x: number, y: number, text: string): void {
    this.elements.push(`<text${kind === '' ? '' : ` class="${kind}"`} x="${x}" y="${y}">${escaped(text)}</text>`);
  }
}

/** How many lines a cell needs. */
function heightOf(cell: Cell): number {
  return Math.max(1, cell.bits.length) + (cell.error === undefined ? 0 : 1);
}

const middleOf = (lane: number): number => MARGIN + STEP_WIDTH + lane * LANE_WIDTH + LANE_WIDTH / 2;

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

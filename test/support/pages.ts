import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.js';

/** One fenced block of a page. */
export interface Block {
  readonly page: string;
  /** The heading it is under. */
  readonly heading: string;
  /** Where its first line is in the page, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

/** The README and what is in docs/, as paths in the project. */
export const PAGES: readonly string[] = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => `docs/${file}`),
];

export function textOf(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

/** The fenced blocks of a page, in order. */
export function blocksOf(page: string): Block[] {
  const markdown = textOf(page);
  const blocks: Block[] = [];
  let heading = 'opening';
  for (const { 0: all, 1: title, 2: language, 3: text, index } of markdown.matchAll(
    /^#+ (.*)$|^```(\w+)\n([\s\S]*?)^```$/gm,
  )) {
    if (title !== undefined) {
      heading = title;
      continue;
    }
    const line = markdown.slice(0, index + all.indexOf('\n') + 1).split('\n').length;
    blocks.push({ page, heading, line, language: language!, text: text! });
  }
  return blocks;
}

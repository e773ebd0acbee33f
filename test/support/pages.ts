import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.js';

/** Folders whose pages are not sources of this project: they are made or fetched. */
const NOT_OURS = new Set(['node_modules', 'build', 'dist']);

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

/** The pages in `folder` and below it, as paths in the project. */
function pagesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name) || entry.name.startsWith('.')) return [];
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return pagesBelow(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

/** Every page of the project. */
export const ALL_PAGES: readonly string[] = pagesBelow('').sort();

/** The pages whose examples show how the package is used: the README and those in docs/. */
export const PAGES: readonly string[] = ALL_PAGES.filter((page) => page === 'README.md' || page.startsWith('docs/'));

/** The page whose programs need clients and servers: a test of its own runs them. */
export const CLIENTS_PAGE = 'docs/guides/tls-http-databases.md';

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

/** A page without its fenced blocks. */
export function proseOf(page: string): string {
  return textOf(page).replace(/^```[\s\S]*?^```$/gm, '');
}

/** The anchors of a page: its headings, in the form that a forge gives them. */
export function anchorsOf(page: string): string[] {
  return [...proseOf(page).matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

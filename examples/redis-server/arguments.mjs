// The words of a request that are numbers, options or patterns.
import { fail } from './replies.mjs';

const [LEAST, MOST] = [-(2n ** 63n), 2n ** 63n - 1n];

/** A whole number: a Number where that is exact, otherwise a BigInt. */
export function integer(text, complaint = 'ERR value is not an integer or out of range') {
  if (!/^(0|-?[1-9]\d{0,18})$/.test(text)) fail(complaint);
  if (text.length <= 15) return Number(text);
  return inRange(BigInt(text), complaint);
}

/** A count or position, which need not be exact beyond 2⁵³. */
export const count = (text, complaint) => Number(integer(text, complaint));

export function add(a, b) {
  const sum = inRange(BigInt(a) + BigInt(b), 'ERR increment or decrement would overflow');
  return Number.isSafeInteger(Number(sum)) ? Number(sum) : sum;
}

function inRange(value, complaint) {
  return value < LEAST || value > MOST ? fail(complaint) : value;
}

export function float(text, complaint = 'ERR value is not a valid float') {
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : fail(complaint);
}

/** The options in `words`; `known` says how many values follow each name. One value stays a text, several are a list. */
export function options(words, known) {
  const found = {};
  for (let i = 0; i < words.length; i++) {
    const name = words[i].toUpperCase();
    const values = known[name];
    if (values === undefined || i + values >= words.length) fail('ERR syntax error');
    found[name] = values === 0 ? true : values === 1 ? words[i + 1] : words.slice(i + 1, i + 1 + values);
    i += values;
  }
  return found;
}

/** Fails where two of `names` were given, which exclude each other. */
export function atMostOne(found, ...names) {
  if (names.filter((name) => found[name] !== undefined).length > 1) fail('ERR syntax error');
}

/** Names and values that alternate, as pairs. */
export function pairs(words, command) {
  if (words.length % 2 === 1) fail(wrongNumber(command));
  return Array.from({ length: words.length / 2 }, (_, i) => [words[2 * i], words[2 * i + 1]]);
}

export const wrongNumber = (command) => `ERR wrong number of arguments for '${command}' command`;

/** [from, to) of a list from `start` to `stop`, both included, and counted from the end where they are negative. */
export function range(start, stop, size) {
  const [first, last] = [start, stop].map((text) => count(text)).map((at) => (at < 0 ? at + size : at));
  return [Math.max(first, 0), Math.max(Math.min(last + 1, size), 0)];
}

/** A pattern with *, ?, [a-z] and \ as a test. */
export function matcher(pattern) {
  const parts = pattern.match(/\\[^]|\[(?:\\[^]|[^\]\\])*\]|[^]/g) ?? [];
  const expression = new RegExp(`^${parts.map(expressionOf).join('')}$`);
  return (text) => expression.test(text);
}

function expressionOf(part) {
  if (part === '*') return '[^]*';
  if (part === '?') return '[^]';
  const [, not, members] = /^\[(\^?)([^]*)\]$/.exec(part) ?? [];
  if (members === undefined) return escaped(part.at(-1));
  const ranges = members.match(/(?:\\?[^])-(?:\\?[^])|\\?[^]/g) ?? [];
  return `[${not}${ranges.map(rangeOf).join('')}]`;
}

function rangeOf(text) {
  const [, from, to] = /^\\?([^])-\\?([^])$/.exec(text) ?? [undefined, text.at(-1)];
  return to === undefined ? escaped(from) : [from, to].sort().map(escaped).join('-');
}

const escaped = (character) => character.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');

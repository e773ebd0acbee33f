// Commands of streams: entries that are only appended, each with an id of a time and a number.
import { count, options, wrongNumber } from './arguments.mjs';
import { fail } from './replies.mjs';

const NO_ID = 'ERR Invalid stream ID specified as stream command argument';
const TOO_SMALL = 'ERR The ID specified in XADD is equal or smaller than the target stream top item';

/** An id is a BigInt: the time in milliseconds, and a number of 64 bits. */
export class Stream {
  entries = []; // [id, fields]
  last = 0n;
}

export const commands = {
  XADD: [4, Infinity, append],
  XLEN: [1, 1, ({ db }, key) => db.read(key, Stream)?.entries.length ?? 0],
  XRANGE: [3, 5, ({ db }, key, start, end, ...words) => slice(db, key, start, end, words, false)],
  XREVRANGE: [3, 5, ({ db }, key, end, start, ...words) => slice(db, key, start, end, words, true)],
};

const idOf = (time, number) => (BigInt(time) << 64n) | BigInt(number);
const textOf = (id) => `${id >> 64n}-${BigInt.asUintN(64, id)}`;

function append({ db }, key, ...words) {
  const isOption = (word) => /^(NOMKSTREAM|MAXLEN)$/i.test(word);
  let at = 0;
  let [makes, most] = [true, Infinity];
  for (; isOption(words[at] ?? ''); at++) {
    if (/^NOMKSTREAM$/i.test(words[at])) {
      makes = false;
      continue;
    }
    if (/^[~=]$/.test(words[at + 1] ?? '')) at++;
    most = count(words[++at] ?? '');
    if (most < 0) fail('ERR The MAXLEN argument must be >= 0.');
  }
  const [id, ...fields] = words.slice(at);
  if (fields.length === 0 || fields.length % 2 === 1) fail(wrongNumber('xadd'));
  const former = db.read(key, Stream);
  if (former === undefined && !makes) return null;
  const next = nextId(former?.last ?? 0n, id);
  const stream = db.edit(key, Stream);
  stream.last = next;
  stream.entries.push([next, fields]);
  if (stream.entries.length > most) stream.entries.splice(0, stream.entries.length - most);
  return textOf(next);
}

/** The id of a new entry: `*`, `time-*` or a whole one. */
function nextId(last, text) {
  if (text === '*') {
    const now = idOf(Date.now(), 0);
    return now > last ? now : last + 1n;
  }
  const [, time, number = '0'] = /^(\d{1,20})(?:-(\d{1,20}|\*))?$/.exec(text) ?? fail(NO_ID);
  if (number !== '*') {
    if (idOf(time, number) === 0n) fail('ERR The ID specified in XADD must be greater than 0-0');
    return idOf(time, number) > last ? idOf(time, number) : fail(TOO_SMALL);
  }
  const first = BigInt(time) === 0n ? 1n : idOf(time, 0);
  if (first > last) return first;
  return BigInt(time) === last >> 64n ? last + 1n : fail(TOO_SMALL);
}

/** `-`, `+`, an id, or one after a parenthesis, which is not included: as the first or the last id that is. */
function limit(text, isStart) {
  if (text === '-') return 0n;
  if (text === '+') return idOf(2n ** 64n - 1n, 2n ** 64n - 1n);
  const [, isOut, time, number] = /^(\(?)(\d{1,20})(?:-(\d{1,20}))?$/.exec(text) ?? fail(NO_ID);
  const id = idOf(time, number ?? (isStart ? 0n : 2n ** 64n - 1n));
  return isOut === '' ? id : id + (isStart ? 1n : -1n);
}

function slice(db, key, start, end, words, isReverse) {
  const { COUNT = '-1' } = options(words, { COUNT: 1 });
  const [low, high, most] = [limit(start, true), limit(end, false), count(COUNT)];
  const found = (db.read(key, Stream)?.entries ?? []).filter(([id]) => id >= low && id <= high);
  if (isReverse) found.reverse();
  return found.slice(0, most < 0 ? undefined : most).map(([id, fields]) => [textOf(id), fields]);
}

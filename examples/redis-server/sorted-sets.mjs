// Commands of sorted sets.
import { count, float, options, pairs, range } from './arguments.mjs';
import { howMany } from './keys.mjs';
import { Double, fail, Pairs } from './replies.mjs';
import { SortedSet } from './sorted-set.mjs';

const NO_RANGE = 'ERR min or max is not a float';
const SLICES = { BYSCORE: 0, REV: 0, LIMIT: 2, WITHSCORES: 0 };

export const commands = {
  ZADD: [3, Infinity, addMembers],
  ZINCRBY: [3, 3, ({ db }, key, by, member) => increase(db, key, {}, float(by), member)],
  ZREM: [2, Infinity, ({ db }, key, ...members) => remove(db, key, members)],
  ZCARD: [1, 1, ({ db }, key) => setOf(db, key).size],
  ZSCORE: [2, 2, ({ db }, key, member) => scoreOf(setOf(db, key), member)],
  ZMSCORE: [2, Infinity, ({ db }, key, ...members) => members.map((member) => scoreOf(setOf(db, key), member))],
  ZRANK: [2, 2, ({ db }, key, member) => setOf(db, key).rank(member) ?? null],
  ZREVRANK: [2, 2, reverseRank],
  ZCOUNT: [3, 3, ({ db }, key, min, max) => between(setOf(db, key), min, max).length],
  ZRANGE: [3, Infinity, ({ db }, key, start, stop, ...words) => slice(db, key, start, stop, options(words, SLICES))],
  ZREVRANGE: [3, 4, ({ db }, key, ...args) => sliceAs(db, key, args, { REV: true }, { WITHSCORES: 0 })],
  ZRANGEBYSCORE: [3, Infinity, ({ db }, key, ...args) => sliceAs(db, key, args, { BYSCORE: true })],
  ZREVRANGEBYSCORE: [3, Infinity, ({ db }, key, ...args) => sliceAs(db, key, args, { BYSCORE: true, REV: true })],
  ZPOPMIN: [1, 2, ({ db }, key, most) => pop(db, key, most, (set, wanted) => set.slice(0, wanted))],
  ZPOPMAX: [1, 2, ({ db }, key, most) => pop(db, key, most, (set, n) => set.slice(set.size - n).reverse())],
  ZREMRANGEBYRANK: [3, 3, ({ db }, key, ...args) => remove(db, key, slice(db, key, ...args, {}))],
  ZREMRANGEBYSCORE: [3, 3, ({ db }, key, ...args) => remove(db, key, slice(db, key, ...args, { BYSCORE: true }))],
};

const NONE = new SortedSet();

function setOf(db, key) {
  return db.read(key, SortedSet) ?? NONE;
}

function scoreOf(set, member) {
  const score = set.score(member);
  return score === undefined ? null : new Double(score);
}

function reverseRank({ db }, key, member) {
  const set = setOf(db, key);
  const rank = set.rank(member);
  return rank === undefined ? null : set.size - 1 - rank;
}

function addMembers({ db }, key, ...words) {
  const known = { NX: 0, XX: 0, GT: 0, LT: 0, CH: 0, INCR: 0 };
  const isScore = (word) => !(word.toUpperCase() in known);
  const first = words.findIndex(isScore);
  const given = options(first < 0 ? words : words.slice(0, first), known);
  const entries = first < 0 || (words.length - first) % 2 === 1 ? fail('ERR syntax error') : pairs(words.slice(first));
  if (given.NX && given.XX) fail('ERR XX and NX options at the same time are not compatible');
  if ([given.GT, given.LT, given.NX].filter(Boolean).length > 1) {
    fail('ERR GT, LT, and/or NX options at the same time are not compatible');
  }
  const scored = entries.map(([score, member]) => [float(score), member]);
  if (given.INCR && scored.length > 1) fail('ERR INCR option supports a single increment-element pair');
  if (given.INCR) return increase(db, key, given, ...scored[0]);
  const set = db.edit(key, SortedSet);
  const before = set.size;
  const changed = howMany(scored, ([score, member]) => put(set, member, score, given));
  const added = set.size - before;
  db.prune(key);
  return given.CH ? changed : added;
}

/** Whether the score of the member is another one now. */
function put(set, member, score, { NX, XX, GT, LT }) {
  const former = set.score(member);
  if (former === undefined ? XX : NX || (GT && score <= former) || (LT && score >= former)) return false;
  if (former === score) return false;
  set.put(member, score);
  return true;
}

function increase(db, key, given, by, member) {
  const former = setOf(db, key).score(member);
  const score = (former ?? 0) + by;
  if (Number.isNaN(score)) fail('ERR resulting score is not a number (NaN)');
  const set = db.edit(key, SortedSet);
  const isDone = put(set, member, score, given) || (former === score && !given.NX && !given.GT && !given.LT);
  db.prune(key);
  return isDone ? new Double(score) : null;
}

function remove(db, key, members) {
  if (setOf(db, key).size === 0) return 0;
  const set = db.edit(key, SortedSet);
  const removed = howMany(members, (member) => set.delete(member));
  db.prune(key);
  return removed;
}

function pop(db, key, most, take) {
  const wanted = most === undefined ? 1 : count(most, 'ERR value is out of range, must be positive');
  if (wanted < 0) fail('ERR value is out of range, must be positive');
  const set = setOf(db, key);
  const taken = take(set, Math.min(wanted, set.size));
  remove(
    db,
    key,
    taken.map(([member]) => member),
  );
  const scored = taken.map(([member, score]) => [member, new Double(score)]);
  return most === undefined ? scored.flat() : new Pairs(scored);
}

/** A score as a limit: a number, or one after a parenthesis, which is not included. */
function limit(text) {
  return text.startsWith('(') ? [float(text.slice(1), NO_RANGE), true] : [float(text, NO_RANGE), false];
}

function between(set, min, max) {
  const [low, isLowOut] = limit(min);
  const [high, isHighOut] = limit(max);
  const from = set.firstRank((score) => (isLowOut ? score > low : score >= low));
  return set.slice(
    from,
    set.firstRank((score) => (isHighOut ? score >= high : score > high)),
  );
}

function sliceAs(db, key, [start, stop, ...words], implied, known = { LIMIT: 2, WITHSCORES: 0 }) {
  return slice(db, key, start, stop, { ...options(words, known), ...implied });
}

function slice(db, key, start, stop, { BYSCORE, REV, LIMIT, WITHSCORES }) {
  if (LIMIT && !BYSCORE) fail('ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX');
  const set = setOf(db, key);
  let found;
  if (BYSCORE) {
    found = REV ? between(set, stop, start).reverse() : between(set, start, stop);
    const [offset, most] = (LIMIT ?? ['0', '-1']).map((text) => count(text));
    found = offset < 0 ? [] : found.slice(offset, most < 0 ? undefined : offset + most);
  } else {
    const [from, to] = range(start, stop, set.size);
    found = REV ? set.slice(set.size - to, set.size - from).reverse() : set.slice(from, to);
  }
  if (!WITHSCORES) return found.map(([member]) => member);
  return new Pairs(found.map(([member, score]) => [member, new Double(score)]));
}

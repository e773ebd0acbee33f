// Commands of lists.
import { count, range } from './arguments.mjs';
import { Deque } from './deque.mjs';
import { fail, NO_LIST, OK } from './replies.mjs';

const LEFT = { push: (list, value) => list.unshift(value), pop: (list) => list.shift() };
const RIGHT = { push: (list, value) => list.push(value), pop: (list) => list.pop() };

export const commands = {
  LPUSH: [2, Infinity, ({ db }, key, ...values) => push(db, key, values, LEFT)],
  RPUSH: [2, Infinity, ({ db }, key, ...values) => push(db, key, values, RIGHT)],
  LPUSHX: [2, Infinity, ({ db }, key, ...values) => (db.read(key, Deque) ? push(db, key, values, LEFT) : 0)],
  RPUSHX: [2, Infinity, ({ db }, key, ...values) => (db.read(key, Deque) ? push(db, key, values, RIGHT) : 0)],
  LPOP: [1, 2, ({ db }, key, most) => pop(db, key, most, LEFT)],
  RPOP: [1, 2, ({ db }, key, most) => pop(db, key, most, RIGHT)],
  LMOVE: [4, 4, ({ db }, from, to, end, side) => move(db, from, to, endOf(end), endOf(side))],
  RPOPLPUSH: [2, 2, ({ db }, from, to) => move(db, from, to, RIGHT, LEFT)],
  LLEN: [1, 1, ({ db }, key) => db.read(key, Deque)?.size ?? 0],
  LRANGE: [3, 3, slice],
  LINDEX: [2, 2, ({ db }, key, index) => db.read(key, Deque)?.at(placeIn(db.read(key, Deque), index)) ?? null],
  LSET: [3, 3, replace],
  LTRIM: [3, 3, trim],
  LREM: [3, 3, remove],
  LINSERT: [4, 4, insert],
};

function push(db, key, values, { push }) {
  const list = db.edit(key, Deque);
  for (const value of values) push(list, value);
  return list.size;
}

function pop(db, key, most, { pop }) {
  const wanted = most === undefined ? 1 : count(most, 'ERR value is out of range, must be positive');
  if (wanted < 0) fail('ERR value is out of range, must be positive');
  const isThere = db.read(key, Deque) !== undefined;
  if (!isThere) return most === undefined ? null : NO_LIST;
  const list = db.edit(key, Deque);
  const values = Array.from({ length: Math.min(wanted, list.size) }, () => pop(list));
  db.prune(key);
  return most === undefined ? values[0] : values;
}

function endOf(word) {
  return { LEFT, RIGHT }[word.toUpperCase()] ?? fail('ERR syntax error');
}

function move(db, from, to, source, target) {
  if (db.read(from, Deque) === undefined) return null;
  db.read(to, Deque); // before anything is taken
  const value = pop(db, from, undefined, source);
  push(db, to, [value], target);
  return value;
}

function slice({ db }, key, start, stop) {
  const list = db.read(key, Deque) ?? new Deque();
  return list.slice(...range(start, stop, list.size));
}

function placeIn(list, text) {
  const index = count(text);
  return index < 0 ? index + list.size : index;
}

function replace({ db }, key, index, value) {
  if (db.read(key, Deque) === undefined) fail('ERR no such key');
  const list = db.edit(key, Deque);
  const place = placeIn(list, index);
  if (list.at(place) === undefined) fail('ERR index out of range');
  list.put(place, value);
  return OK;
}

function trim({ db }, key, start, stop) {
  const kept = slice({ db }, key, start, stop);
  if (db.read(key, Deque) === undefined) return OK;
  db.edit(key, Deque).become(kept);
  db.prune(key);
  return OK;
}

/** The first `most` that are equal to `value`, the last ones where `most` is negative, all where it is 0. */
function remove({ db }, key, most, value) {
  const wanted = count(most);
  const values = db.read(key, Deque)?.slice() ?? [];
  if (wanted < 0) values.reverse();
  let left = Math.abs(wanted) || Infinity;
  const kept = values.filter((each) => each !== value || left-- <= 0);
  if (wanted < 0) kept.reverse();
  if (kept.length === values.length) return 0;
  db.edit(key, Deque).become(kept);
  db.prune(key);
  return values.length - kept.length;
}

function insert({ db }, key, where, pivot, value) {
  const after = { BEFORE: 0, AFTER: 1 }[where.toUpperCase()] ?? fail('ERR syntax error');
  const values = db.read(key, Deque)?.slice();
  if (values === undefined) return 0;
  const at = values.indexOf(pivot);
  if (at < 0) return -1;
  values.splice(at + after, 0, value);
  db.edit(key, Deque).become(values);
  return values.length;
}

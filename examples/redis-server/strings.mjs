// Commands of strings.
import { add, atMostOne, count, float, integer, options, pairs } from './arguments.mjs';
import { deadlineFrom, EXPIRIES } from './keys.mjs';
import { decimal, fail, OK } from './replies.mjs';

const LONGEST = 64 << 20;

export const commands = {
  GET: [1, 1, ({ db }, key) => db.read(key, String) ?? null],
  SET: [2, Infinity, set],
  SETNX: [2, 2, ({ db }, key, value) => (db.find(key) === undefined ? (db.set(key, value), 1) : 0)],
  SETEX: [3, 3, ({ db }, key, seconds, value) => setFor(db, key, value, { EX: seconds }, 'setex')],
  PSETEX: [3, 3, ({ db }, key, ms, value) => setFor(db, key, value, { PX: ms }, 'psetex')],
  GETSET: [2, 2, ({ db }, key, value) => exchange(db, key, () => db.set(key, value))],
  GETDEL: [1, 1, ({ db }, key) => exchange(db, key, () => db.delete(key))],
  GETEX: [1, Infinity, getAndExpire],
  MGET: [1, Infinity, ({ db }, ...keys) => keys.map((key) => asString(db.find(key)))],
  MSET: [2, Infinity, ({ db }, ...words) => (setAll(db, pairs(words, 'mset')), OK)],
  MSETNX: [2, Infinity, setAllNew],
  INCR: [1, 1, ({ db }, key) => increase(db, key, 1)],
  DECR: [1, 1, ({ db }, key) => increase(db, key, -1)],
  INCRBY: [2, 2, ({ db }, key, by) => increase(db, key, integer(by))],
  DECRBY: [2, 2, ({ db }, key, by) => increase(db, key, -integer(by))],
  INCRBYFLOAT: [2, 2, increaseFraction],
  APPEND: [2, 2, append],
  STRLEN: [1, 1, ({ db }, key) => (db.read(key, String) ?? '').length],
  GETRANGE: [3, 3, part],
  SETRANGE: [3, 3, overwrite],
};

const asString = (value) => (typeof value === 'string' ? value : null);

function set({ db }, key, value, ...words) {
  if (words.length === 0) return (db.set(key, value), OK);
  const given = options(words, { ...EXPIRIES, KEEPTTL: 0, NX: 0, XX: 0, GET: 0 });
  atMostOne(given, 'NX', 'XX');
  atMostOne(given, 'EX', 'PX', 'EXAT', 'PXAT', 'KEEPTTL');
  const deadline = deadlineFrom(given, 'set');
  const former = given.GET ? (db.read(key, String) ?? null) : undefined;
  const isThere = db.find(key) !== undefined;
  if (given[isThere ? 'NX' : 'XX']) return former ?? null;
  if (given.KEEPTTL) db.replace(key, value);
  else db.set(key, value);
  if (deadline !== undefined) db.expireAt(key, deadline);
  return former === undefined ? OK : former;
}

function setFor(db, key, value, expiry, command) {
  const deadline = deadlineFrom(expiry, command);
  db.set(key, value);
  db.expireAt(key, deadline);
  return OK;
}

function setAll(db, entries) {
  for (const [key, value] of entries) db.set(key, value);
}

function setAllNew({ db }, ...words) {
  const entries = pairs(words, 'msetnx');
  if (entries.some(([key]) => db.find(key) !== undefined)) return 0;
  setAll(db, entries);
  return 1;
}

/** What was there before `change()`. */
function exchange(db, key, change) {
  const former = db.read(key, String) ?? null;
  change();
  return former;
}

function getAndExpire({ db }, key, ...words) {
  const given = options(words, { ...EXPIRIES, PERSIST: 0 });
  atMostOne(given, ...Object.keys(EXPIRIES), 'PERSIST');
  const deadline = deadlineFrom(given, 'getex');
  const value = db.read(key, String);
  if (value !== undefined && words.length > 0) db.expireAt(key, deadline);
  return value ?? null;
}

function increase(db, key, by) {
  const sum = add(integer(db.read(key, String) ?? '0'), by);
  db.replace(key, String(sum));
  return sum;
}

function increaseFraction({ db }, key, by) {
  const sum = float(db.read(key, String) ?? '0') + float(by);
  if (!Number.isFinite(sum)) fail('ERR increment would produce NaN or Infinity');
  db.replace(key, decimal(sum));
  return decimal(sum);
}

function append({ db }, key, text) {
  const value = (db.read(key, String) ?? '') + text;
  if (value.length > LONGEST) fail('ERR string exceeds maximum allowed size (proto-max-bulk-len)');
  db.replace(key, value);
  return value.length;
}

function part({ db }, key, start, end) {
  const value = db.read(key, String) ?? '';
  const [from, to] = [start, end]
    .map((text) => count(text))
    .map((at) => (at < 0 ? Math.max(at + value.length, 0) : at));
  return value.slice(from, to + 1);
}

function overwrite({ db }, key, at, text) {
  const offset = count(at);
  if (offset < 0) fail('ERR offset is out of range');
  if (offset + text.length > LONGEST) fail('ERR string exceeds maximum allowed size (proto-max-bulk-len)');
  const value = db.read(key, String) ?? '';
  if (text === '') return value.length;
  const changed = value.slice(0, offset).padEnd(offset, '\0') + text + value.slice(offset + text.length);
  db.replace(key, changed);
  return changed.length;
}

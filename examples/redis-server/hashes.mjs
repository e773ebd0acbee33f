// Commands of hashes.
import { add, float, integer, matcher, options, pairs } from './arguments.mjs';
import { howMany } from './keys.mjs';
import { decimal, fail, OK } from './replies.mjs';

export const commands = {
  HSET: [3, Infinity, ({ db }, key, ...words) => set(db, key, pairs(words, 'hset'))],
  HMSET: [3, Infinity, ({ db }, key, ...words) => (set(db, key, pairs(words, 'hmset')), OK)],
  HSETNX: [3, 3, ({ db }, key, field, value) => (fieldsOf(db, key).has(field) ? 0 : set(db, key, [[field, value]]))],
  HGET: [2, 2, ({ db }, key, field) => fieldsOf(db, key).get(field) ?? null],
  HMGET: [2, Infinity, ({ db }, key, ...fields) => fields.map((field) => fieldsOf(db, key).get(field) ?? null)],
  HGETALL: [1, 1, ({ db }, key) => new Map(fieldsOf(db, key))],
  HDEL: [2, Infinity, remove],
  HLEN: [1, 1, ({ db }, key) => fieldsOf(db, key).size],
  HEXISTS: [2, 2, ({ db }, key, field) => Number(fieldsOf(db, key).has(field))],
  HSTRLEN: [2, 2, ({ db }, key, field) => (fieldsOf(db, key).get(field) ?? '').length],
  HKEYS: [1, 1, ({ db }, key) => [...fieldsOf(db, key).keys()]],
  HVALS: [1, 1, ({ db }, key) => [...fieldsOf(db, key).values()]],
  HINCRBY: [3, 3, increase],
  HINCRBYFLOAT: [3, 3, increaseFraction],
  HSCAN: [2, Infinity, scan],
};

const NONE = new Map();

function fieldsOf(db, key) {
  return db.read(key, Map) ?? NONE;
}

/** How many fields are new. */
function set(db, key, entries) {
  const hash = db.edit(key, Map);
  const before = hash.size;
  for (const [field, value] of entries) hash.set(field, value);
  return hash.size - before;
}

function remove({ db }, key, ...fields) {
  if (fieldsOf(db, key).size === 0) return 0;
  const hash = db.edit(key, Map);
  const removed = howMany(fields, (field) => hash.delete(field));
  db.prune(key);
  return removed;
}

function increase({ db }, key, field, text) {
  const by = integer(text);
  const sum = add(integer(fieldsOf(db, key).get(field) ?? '0', 'ERR hash value is not an integer'), by);
  set(db, key, [[field, String(sum)]]);
  return sum;
}

function increaseFraction({ db }, key, field, text) {
  const by = float(text);
  const sum = float(fieldsOf(db, key).get(field) ?? '0', 'ERR hash value is not a float') + by;
  if (!Number.isFinite(sum)) fail('ERR increment would produce NaN or Infinity');
  set(db, key, [[field, decimal(sum)]]);
  return decimal(sum);
}

function scan({ db }, key, cursor, ...words) {
  integer(cursor, 'ERR invalid cursor');
  const { MATCH = '*' } = options(words, { MATCH: 1, COUNT: 1 });
  const matches = matcher(MATCH);
  return ['0', [...fieldsOf(db, key)].filter(([field]) => matches(field)).flat()];
}

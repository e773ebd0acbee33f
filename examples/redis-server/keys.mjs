// Commands of keys, whatever their values are.
import { count, integer, matcher, options } from './arguments.mjs';
import { Deque } from './deque.mjs';
import { fail, OK, Status } from './replies.mjs';
import { Members } from './members.mjs';
import { SortedSet } from './sorted-set.mjs';
import { Stream } from './streams.mjs';

/** How SET and GETEX say when a key expires. */
export const EXPIRIES = { EX: 1, PX: 1, EXAT: 1, PXAT: 1 };
const LATEST = 8.64e15;
const NX_ALONE = 'ERR NX and XX, GT or LT options at the same time are not compatible';
const GT_OR_LT = 'ERR GT and LT options at the same time are not compatible';

export const commands = {
  DEL: [1, Infinity, ({ db }, ...keys) => howMany(keys, (key) => db.find(key) !== undefined && db.delete(key))],
  UNLINK: [1, Infinity, ({ db }, ...keys) => howMany(keys, (key) => db.find(key) !== undefined && db.delete(key))],
  EXISTS: [1, Infinity, ({ db }, ...keys) => howMany(keys, (key) => db.find(key) !== undefined)],
  TOUCH: [1, Infinity, ({ db }, ...keys) => howMany(keys, (key) => db.find(key) !== undefined)],
  TYPE: [1, 1, ({ db }, key) => new Status(typeOf(db.find(key)))],
  KEYS: [1, 1, ({ db }, pattern) => db.keys().filter(matcher(pattern))],
  SCAN: [1, Infinity, scan],
  RANDOMKEY: [0, 0, ({ db }) => db.keys()[Math.floor(Math.random() * db.size)] ?? null],
  RENAME: [2, 2, ({ db }, key, name) => (rename(db, key, name), OK)],
  RENAMENX: [2, 2, ({ db }, key, name) => (exists(db, key) && db.find(name) ? 0 : (rename(db, key, name), 1))],
  EXPIRE: [2, Infinity, ({ db }, ...args) => expire(db, args, 'expire', 1000, Date.now())],
  PEXPIRE: [2, Infinity, ({ db }, ...args) => expire(db, args, 'pexpire', 1, Date.now())],
  EXPIREAT: [2, Infinity, ({ db }, ...args) => expire(db, args, 'expireat', 1000, 0)],
  PEXPIREAT: [2, Infinity, ({ db }, ...args) => expire(db, args, 'pexpireat', 1, 0)],
  TTL: [1, 1, ({ db }, key) => whenExpires(db, key, (deadline) => Math.round((deadline - Date.now()) / 1000))],
  PTTL: [1, 1, ({ db }, key) => whenExpires(db, key, (deadline) => deadline - Date.now())],
  EXPIRETIME: [1, 1, ({ db }, key) => whenExpires(db, key, (deadline) => Math.round(deadline / 1000))],
  PEXPIRETIME: [1, 1, ({ db }, key) => whenExpires(db, key, (deadline) => deadline)],
  PERSIST: [1, 1, persist],
};

export const howMany = (keys, test) => keys.filter(test).length;

function typeOf(value) {
  if (value === undefined) return 'none';
  if (typeof value === 'string') return 'string';
  const types = new Map([
    [Deque, 'list'],
    [Members, 'set'],
    [Map, 'hash'],
    [SortedSet, 'zset'],
    [Stream, 'stream'],
  ]);
  return types.get(value.constructor);
}

/** The whole database in one step, which SCAN allows. */
function scan({ db }, cursor, ...words) {
  integer(cursor, 'ERR invalid cursor');
  const { MATCH = '*', TYPE } = options(words, { MATCH: 1, COUNT: 1, TYPE: 1 });
  const matches = matcher(MATCH);
  const isWanted = (key) => matches(key) && (TYPE === undefined || typeOf(db.find(key)) === TYPE.toLowerCase());
  return ['0', db.keys().filter(isWanted)];
}

function exists(db, key) {
  return db.find(key) !== undefined || fail('ERR no such key');
}

function rename(db, key, name) {
  exists(db, key);
  const [value, deadline] = [db.find(key), db.deadlineOf(key)];
  db.delete(key);
  db.set(name, value);
  if (deadline !== undefined) db.expireAt(name, deadline);
}

/** When a key expires according to the options of a command, in milliseconds; undefined: never. */
export function deadlineFrom({ EX, PX, EXAT, PXAT }, command) {
  const text = EX ?? PX ?? EXAT ?? PXAT;
  if (text === undefined) return undefined;
  const from = EX !== undefined || PX !== undefined ? Date.now() : 0;
  const value = count(text);
  const deadline = from + value * (PX === undefined && PXAT === undefined ? 1000 : 1);
  return value > 0 && deadline <= LATEST ? deadline : fail(`ERR invalid expire time in '${command}' command`);
}

function expire(db, [key, text, ...words], command, unit, from) {
  const value = count(text);
  const unknown = words.find((word) => !/^(NX|XX|GT|LT)$/i.test(word));
  if (unknown !== undefined) fail(`ERR Unsupported option ${unknown}`);
  const { NX, XX, GT, LT } = options(words, { NX: 0, XX: 0, GT: 0, LT: 0 });
  if ((NX && (XX || GT || LT)) || (GT && LT)) fail(NX ? NX_ALONE : GT_OR_LT);
  const deadline = from + value * unit;
  if (Math.abs(deadline) > LATEST) fail(`ERR invalid expire time in '${command}' command`);
  if (db.find(key) === undefined) return 0;
  const former = db.deadlineOf(key);
  const isRefused =
    (NX && former !== undefined) ||
    (XX && former === undefined) ||
    (GT && deadline <= (former ?? Infinity)) ||
    (LT && deadline >= (former ?? Infinity));
  if (!isRefused) db.expireAt(key, deadline);
  return isRefused ? 0 : 1;
}

function whenExpires(db, key, measure) {
  if (db.find(key) === undefined) return -2;
  const deadline = db.deadlineOf(key);
  return deadline === undefined ? -1 : measure(deadline);
}

function persist({ db }, key) {
  if (db.find(key) === undefined || db.deadlineOf(key) === undefined) return 0;
  db.expireAt(key, undefined);
  return 1;
}

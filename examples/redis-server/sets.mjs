// Commands of sets.
import { count, integer, matcher, options } from './arguments.mjs';
import { howMany } from './keys.mjs';
import { Members } from './members.mjs';
import { fail } from './replies.mjs';

export const commands = {
  SADD: [2, Infinity, ({ db }, key, ...members) => add(db, key, members)],
  SREM: [2, Infinity, ({ db }, key, ...members) => remove(db, key, members)],
  SCARD: [1, 1, ({ db }, key) => membersOf(db, key).size],
  SMEMBERS: [1, 1, ({ db }, key) => new Set(membersOf(db, key))],
  SISMEMBER: [2, 2, ({ db }, key, member) => Number(membersOf(db, key).has(member))],
  SMISMEMBER: [2, Infinity, ({ db }, key, ...members) => members.map((each) => Number(membersOf(db, key).has(each)))],
  SPOP: [1, 2, pop],
  SRANDMEMBER: [1, 2, choose],
  SMOVE: [3, 3, move],
  SINTER: [1, Infinity, ({ db }, ...keys) => combine(db, keys, isInAll)],
  SUNION: [1, Infinity, ({ db }, ...keys) => combine(db, keys, () => true)],
  SDIFF: [1, Infinity, ({ db }, ...keys) => combine(db, keys, isInFirstOnly)],
  SINTERSTORE: [2, Infinity, ({ db }, key, ...keys) => store(db, key, combine(db, keys, isInAll))],
  SUNIONSTORE: [
    2,
    Infinity,
    ({ db }, key, ...keys) =>
      store(
        db,
        key,
        combine(db, keys, () => true),
      ),
  ],
  SDIFFSTORE: [2, Infinity, ({ db }, key, ...keys) => store(db, key, combine(db, keys, isInFirstOnly))],
  SSCAN: [2, Infinity, scan],
};

const NONE = new Members();

function membersOf(db, key) {
  return db.read(key, Members) ?? NONE;
}

function add(db, key, members) {
  const set = db.edit(key, Members);
  return howMany(members, (member) => set.add(member));
}

function remove(db, key, members) {
  if (membersOf(db, key).size === 0) return 0;
  const set = db.edit(key, Members);
  const removed = howMany(members, (member) => set.delete(member));
  db.prune(key);
  return removed;
}

function pop({ db }, key, most) {
  const wanted = most === undefined ? 1 : count(most, 'ERR value is out of range, must be positive');
  if (wanted < 0) fail('ERR value is out of range, must be positive');
  const { size } = membersOf(db, key);
  const popped = Array.from({ length: Math.min(wanted, size) }, () => {
    const member = membersOf(db, key).random();
    remove(db, key, [member]);
    return member;
  });
  return most === undefined ? (popped[0] ?? null) : new Set(popped);
}

/** A negative count allows the same member several times. */
function choose({ db }, key, most) {
  const set = membersOf(db, key);
  if (most === undefined) return set.random() ?? null;
  const wanted = count(most);
  if (wanted < 0) return Array.from({ length: set.size === 0 ? 0 : -wanted }, () => set.random());
  const left = [...set];
  for (let i = 0; i < Math.min(wanted, left.length); i++) {
    const other = i + Math.floor(Math.random() * (left.length - i));
    [left[i], left[other]] = [left[other], left[i]];
  }
  return left.slice(0, wanted);
}

function move({ db }, from, to, member) {
  membersOf(db, to);
  if (remove(db, from, [member]) === 0) return 0;
  add(db, to, [member]);
  return 1;
}

const isInAll = (member, [, ...others]) => others.every((set) => set.has(member));
const isInFirstOnly = (member, [first, ...others]) => first.has(member) && !others.some((set) => set.has(member));

function combine(db, keys, test) {
  const sets = keys.map((key) => membersOf(db, key));
  const candidates = test === isInAll || test === isInFirstOnly ? [...sets[0]] : sets.flatMap((set) => [...set]);
  return new Set(candidates.filter((member) => test(member, sets)));
}

function store(db, key, members) {
  db.delete(key);
  if (members.size > 0) add(db, key, [...members]);
  return members.size;
}

function scan({ db }, key, cursor, ...words) {
  integer(cursor, 'ERR invalid cursor');
  const { MATCH = '*' } = options(words, { MATCH: 1, COUNT: 1 });
  return ['0', [...membersOf(db, key)].filter(matcher(MATCH))];
}

// One database: keys, values and when they expire. A value is a string, a Deque (list), Members (set), a Map (hash),
// a SortedSet or a Stream.
import { fail } from './replies.mjs';

export class Keyspace {
  #values = new Map();
  #deadlines = new Map(); // of the keys that expire, in milliseconds since 1970
  #watchers = new Map(); // of the keys that clients watch: sets of sessions

  get size() {
    this.#removeExpired();
    return this.#values.size;
  }

  get expiring() {
    this.#removeExpired();
    return this.#deadlines.size;
  }

  keys() {
    this.#removeExpired();
    return [...this.#values.keys()];
  }

  /** The value, undefined where there is none. */
  find(key) {
    if (this.#deadlines.size > 0 && this.#deadlines.get(key) <= Date.now()) this.delete(key);
    return this.#values.get(key);
  }

  /** The value, if it is of `Type` or not there; otherwise the command fails. */
  read(key, Type) {
    const value = this.find(key);
    if (value === undefined || isOf(value, Type)) return value;
    return fail('WRONGTYPE Operation against a key holding the wrong kind of value');
  }

  /** The list, set, hash … to change; a new one where there is none. If it can be empty afterwards, call `prune()`. */
  edit(key, Type) {
    let value = this.read(key, Type);
    this.#changed(key);
    if (value === undefined) this.#values.set(key, (value = new Type()));
    return value;
  }

  prune(key) {
    const value = this.#values.get(key);
    if (typeof value !== 'string' && (value?.size ?? 1) === 0) this.delete(key);
  }

  /** A new value, which does not expire. */
  set(key, value) {
    if (this.#deadlines.size > 0) this.#deadlines.delete(key);
    this.replace(key, value);
  }

  /** A new value, which expires when the former one would have. */
  replace(key, value) {
    this.#changed(key);
    this.#values.set(key, value);
  }

  delete(key) {
    this.#deadlines.delete(key);
    if (!this.#values.delete(key)) return false;
    this.#changed(key);
    return true;
  }

  clear() {
    for (const key of this.#watchers.keys()) this.#changed(key);
    this.#values.clear();
    this.#deadlines.clear();
  }

  deadlineOf(key) {
    return this.#deadlines.get(key);
  }

  /** Undefined: the key does not expire any more. */
  expireAt(key, deadline) {
    this.#changed(key);
    if (deadline === undefined) this.#deadlines.delete(key);
    else if (deadline <= Date.now()) this.delete(key);
    else this.#deadlines.set(key, deadline);
  }

  /** `session.isStale` becomes true when the key is changed. */
  watch(key, session) {
    this.find(key);
    if (!this.#watchers.has(key)) this.#watchers.set(key, new Set());
    this.#watchers.get(key).add(session);
  }

  unwatch(key, session) {
    const sessions = this.#watchers.get(key);
    if (sessions?.delete(session) && sessions.size === 0) this.#watchers.delete(key);
  }

  #changed(key) {
    if (this.#watchers.size === 0) return;
    for (const session of this.#watchers.get(key) ?? []) session.isStale = true;
  }

  #removeExpired() {
    for (const key of this.#deadlines.keys()) this.find(key);
  }
}

function isOf(value, Type) {
  return Type === String ? typeof value === 'string' : value instanceof Type;
}

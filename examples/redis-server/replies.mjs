// Replies in redis's protocol. A command returns a value of JavaScript, and `encode()` writes it in the version of the
// protocol that the client has chosen with HELLO: 2 or 3. Text is latin1: a character is a byte.

/** A reply of one word, such as OK. */
export class Status {
  constructor(word) {
    this.line = `+${word}\r\n`;
  }
}

export const OK = new Status('OK');
/** Where there is no list: version 2 has a null of its own for that. */
export const NO_LIST = Symbol('no list');

/** A number with a fraction. */
export class Double {
  constructor(value) {
    this.value = value;
  }
}

/** A list of [name, value]: a list of lists in version 3, all in one list in version 2. */
export class Pairs {
  constructor(list) {
    this.list = list;
  }
}

/** Something that the client did not ask for: a message of a channel. */
export class Push {
  constructor(list) {
    this.list = list;
  }
}

/** Several replies to one command. */
export class Several {
  constructor(replies) {
    this.replies = replies;
  }
}

/** What is answered as an error: its message begins with a code. */
export class Failure extends Error {}

export function fail(message) {
  throw new Failure(message);
}

/** A number as text, without an exponent where it can be done. */
export function decimal(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf';
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? BigInt(value).toString() : String(value);
}

export function encode(value, version) {
  if (typeof value === 'string') return `$${value.length}\r\n${value}\r\n`;
  if (typeof value === 'number' || typeof value === 'bigint') return `:${value}\r\n`;
  if (value instanceof Status) return value.line;
  if (value === null) return version === 3 ? '_\r\n' : '$-1\r\n';
  if (value === NO_LIST) return version === 3 ? '_\r\n' : '*-1\r\n';
  if (Array.isArray(value)) return all('*', value, version);
  if (value instanceof Map) return encodeMap(value, version);
  if (value instanceof Set) return all(version === 3 ? '~' : '*', [...value], version);
  if (value instanceof Double) {
    return version === 3 ? `,${decimal(value.value)}\r\n` : encode(decimal(value.value), version);
  }
  if (value instanceof Pairs) return all('*', version === 3 ? value.list : value.list.flat(), version);
  if (value instanceof Push) return all(version === 3 ? '>' : '*', value.list, version);
  if (value instanceof Several) return value.replies.map((reply) => encode(reply, version)).join('');
  if (value instanceof Failure) return `-${value.message.replace(/[\r\n]/g, ' ')}\r\n`;
  throw new TypeError('a command returned what is no reply');
}

function all(sign, list, version) {
  let text = `${sign}${list.length}\r\n`;
  for (const value of list) text += encode(value, version);
  return text;
}

function encodeMap(map, version) {
  return version === 3 ? all('%', [...map].flat(), 3).replace(/\d+/, map.size) : all('*', [...map].flat(), version);
}

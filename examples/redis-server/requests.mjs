// Requests in redis's protocol, as they arrive: RESP arrays of bulk strings, and plain lines for telnet.
const LONGEST = 64 << 20;
const MOST_WORDS = 1 << 16;
const [LF, CR, ASTERISK, DOLLAR, ZERO] = Buffer.from('\n\r*$0');

/** The bytes that came and are not used up yet. */
export class Input {
  #bytes = Buffer.allocUnsafe(16384);
  #start = 0;
  #end = 0;

  /** Calls `read(buffer, offset)` for more bytes; returns what that returned. */
  fill(read) {
    if (this.#start === this.#end) this.#start = this.#end = 0;
    if (this.#end === this.#bytes.length) this.#makeRoom();
    const length = read(this.#bytes, this.#end);
    if (length > 0) this.#end += length;
    return length;
  }

  /** The words of the next request; null while it is incomplete. Throws where it is none. */
  next() {
    let at = this.#start;
    if (at === this.#end) return null;
    if (this.#bytes[at] !== ASTERISK) return this.#nextLine();
    const words = [];
    const [count, begin] = this.#number(at + 1, MOST_WORDS);
    for (at = begin; at >= 0 && words.length < count; ) {
      if (at < this.#end && this.#bytes[at] !== DOLLAR) throw new Error("expected '$'");
      const [length, from] = this.#number(at + 1, LONGEST);
      if (from < 0 || from + length + 2 > this.#end) return null;
      words.push(this.#bytes.latin1Slice(from, from + length));
      at = from + length + 2;
    }
    if (at < 0) return null;
    this.#start = at;
    return words;
  }

  /** The number at `at` and where what follows it begins: −1 while its line is incomplete. */
  #number(at, most) {
    let value = 0;
    for (; at + 1 < this.#end; at++) {
      const byte = this.#bytes[at];
      if (byte === CR) return [value, at + 2];
      value = value * 10 + byte - ZERO;
      if (byte < ZERO || byte > ZERO + 9 || value > most) throw new Error('invalid length');
    }
    return [0, -1];
  }

  #nextLine() {
    const length = this.#bytes.subarray(this.#start, this.#end).indexOf(LF);
    if (length < 0 && this.#end - this.#start > MOST_WORDS) throw new Error('too big inline request');
    if (length < 0) return null;
    const line = this.#bytes.latin1Slice(this.#start, this.#start + length);
    this.#start += length + 1;
    return wordsOf(line);
  }

  #makeRoom() {
    const held = this.#bytes.subarray(this.#start, this.#end);
    if (held.length * 2 > this.#bytes.length) this.#bytes = Buffer.allocUnsafe(this.#bytes.length * 2);
    this.#bytes.set(held);
    this.#start = 0;
    this.#end = held.length;
  }
}

/** The words of a line; one in quotes may have blanks, and escapes where the quotes are double. */
function wordsOf(line) {
  const words = [];
  const word = /\s*(?:"((?:[^"\\]|\\[^])*)"|'((?:[^'\\]|\\[^])*)'|([^\s"']\S*))(?=\s|$)/y;
  const { length } = line.trimEnd();
  while (word.lastIndex < length) {
    const [, double, single, plain] = word.exec(line) ?? [];
    if (double !== undefined) words.push(double.replace(/\\(?:x([0-9a-f]{2})|([^]))/gi, unescaped));
    else if (single !== undefined) words.push(single.replaceAll("\\'", "'"));
    else if (plain !== undefined) words.push(plain);
    else throw new Error('unbalanced quotes in request');
  }
  return words;
}

function unescaped(_, code, character) {
  if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
  return { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' }[character] ?? character;
}

// A list that grows and shrinks at both ends in constant time: a ring.

export class Deque {
  #ring = new Array(16);
  #first = 0;
  size = 0;

  at(index) {
    return index < 0 || index >= this.size ? undefined : this.#ring[this.#place(index)];
  }

  put(index, value) {
    this.#ring[this.#place(index)] = value;
  }

  push(value) {
    if (this.size === this.#ring.length) this.#resize(this.size * 2);
    this.#ring[this.#place(this.size++)] = value;
  }

  unshift(value) {
    if (this.size === this.#ring.length) this.#resize(this.size * 2);
    this.#first = this.#place(-1);
    this.#ring[this.#first] = value;
    this.size++;
  }

  pop() {
    if (this.size === 0) return undefined;
    const place = this.#place(--this.size);
    return this.#taken(place);
  }

  shift() {
    if (this.size === 0) return undefined;
    const place = this.#first;
    this.#first = this.#place(1);
    this.size--;
    return this.#taken(place);
  }

  slice(from = 0, to = this.size) {
    const found = [];
    for (let index = from; index < to; index++) found.push(this.#ring[this.#place(index)]);
    return found;
  }

  /** Has these values from now on. */
  become(values) {
    this.#ring = values;
    this.#first = 0;
    this.size = values.length;
    this.#resize(Math.max(16, 2 ** Math.ceil(Math.log2(this.size + 1))));
  }

  /** The length of the ring is a power of two. */
  #place(index) {
    return (this.#first + index) & (this.#ring.length - 1);
  }

  #taken(place) {
    const value = this.#ring[place];
    this.#ring[place] = undefined;
    if (this.#ring.length > 16 && this.size * 4 < this.#ring.length) this.#resize(this.#ring.length / 2);
    return value;
  }

  #resize(length) {
    const values = this.#first === 0 ? this.#ring.slice(0, this.size) : this.slice();
    values.length = length;
    this.#ring = values;
    this.#first = 0;
  }
}

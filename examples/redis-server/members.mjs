// A set with random members in constant time: a list, and where each member is in it.

export class Members {
  #list = [];
  #places = new Map();

  get size() {
    return this.#list.length;
  }

  [Symbol.iterator]() {
    return this.#list.values();
  }

  has(member) {
    return this.#places.has(member);
  }

  add(member) {
    if (this.#places.has(member)) return false;
    this.#places.set(member, this.#list.length);
    this.#list.push(member);
    return true;
  }

  delete(member) {
    const place = this.#places.get(member);
    if (place === undefined) return false;
    const last = this.#list.pop();
    if (place < this.#list.length) {
      this.#list[place] = last;
      this.#places.set(last, place);
    }
    this.#places.delete(member);
    return true;
  }

  random() {
    return this.#list[Math.floor(Math.random() * this.#list.length)];
  }
}

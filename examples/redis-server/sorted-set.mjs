// Members in the order of their scores, and of the members where scores are equal. The list is in descending order: the
// least member goes in constant time.

export class SortedSet {
  #scores = new Map();
  #descending = [];

  get size() {
    return this.#descending.length;
  }

  score(member) {
    return this.#scores.get(member);
  }

  put(member, score) {
    this.delete(member);
    this.#scores.set(member, score);
    this.#descending.splice(this.#place(member, score), 0, member);
  }

  delete(member) {
    const score = this.#scores.get(member);
    if (score === undefined) return false;
    this.#descending.splice(this.#place(member, score), 1);
    this.#scores.delete(member);
    return true;
  }

  /** How many members come before this one; undefined where it is no member. */
  rank(member) {
    const score = this.#scores.get(member);
    return score === undefined ? undefined : this.size - 1 - this.#place(member, score);
  }

  /** [member, score] from rank `from` to rank `to`, which is not included. */
  slice(from = 0, to = this.size) {
    const found = [];
    for (let rank = from; rank < to; rank++) {
      const member = this.#descending[this.size - 1 - rank];
      found.push([member, this.#scores.get(member)]);
    }
    return found;
  }

  /** The first rank whose score passes `test`, which every higher score passes too; the size where none does. */
  firstRank(test) {
    let [low, high] = [0, this.size];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (test(this.#scores.get(this.#descending[this.size - 1 - middle]))) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Where a member with this score is in the list, or belongs. */
  #place(member, score) {
    let [low, high] = [0, this.#descending.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#descending[middle];
      const otherScore = this.#scores.get(other);
      if (otherScore > score || (otherScore === score && other > member)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

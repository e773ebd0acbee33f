// @ts-check
// Says what is going on, on standard error: one line that changes on a terminal, one line per step
// elsewhere.

export class Progress {
  #step = '';
  #isTerminal = process.stderr.isTTY === true;

  step(/** @type {string} */ text) {
    this.#end();
    this.#step = text;
    process.stderr.write(this.#isTerminal ? `${text} …` : `${text}\n`);
  }

  /** A function that tells the round of the current step. */
  rounds(/** @type {number} */ count) {
    return (/** @type {number} */ round) => {
      if (this.#isTerminal) process.stderr.write(`\r\x1b[K${this.#step}: round ${round} of ${count}`);
      else if (round % 5 === 0 || round === count) process.stderr.write(`${this.#step}: round ${round} of ${count}\n`);
    };
  }

  done() {
    this.#end();
    this.#step = '';
  }

  #end() {
    if (this.#isTerminal && this.#step !== '') process.stderr.write('\r\x1b[K');
  }
}

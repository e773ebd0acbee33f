// @ts-check
'use strict';
// What one wait of a CallbackPoller returns.
const { READABLE, WRITABLE, PRIORITY, READ_CLOSED, HANGUP, ERROR } = require('../..');
const { refuse } = require('./refuse.cjs');

/**
 * `turn`: when it was last in a batch.
 *
 * @typedef {{ fd: number, interest: number, data: unknown, turn: number }} Registration
 */

class CallbackBatch {
  #rows;
  #isLive;

  /**
   * @param {Array<[Registration, number]>} rows
   * @param {boolean} woken
   * @param {(registration: Registration) => boolean} isLive
   */
  constructor(rows, woken, isLive) {
    this.#rows = rows;
    this.#isLive = isLive;
    this.woken = woken;
  }

  get length() {
    return this.#rows.length;
  }

  fdAt(/** @type {number} */ index) {
    return this.#at(index)[0].fd;
  }

  readinessAt(/** @type {number} */ index) {
    const [registration, readiness] = this.#at(index);
    return this.#isLive(registration) ? readiness : 0;
  }

  dataAt(/** @type {number} */ index) {
    const [registration] = this.#at(index);
    return this.#isLive(registration) ? registration.data : undefined;
  }

  *[Symbol.iterator]() {
    for (const [registration, readiness] of this.#rows) {
      if (!this.#isLive(registration)) continue;
      const { fd, data } = registration;
      yield {
        fd,
        readiness,
        data,
        readable: (readiness & READABLE) !== 0,
        writable: (readiness & WRITABLE) !== 0,
        priority: (readiness & PRIORITY) !== 0,
        readClosed: (readiness & READ_CLOSED) !== 0,
        hangup: (readiness & HANGUP) !== 0,
        error: (readiness & ERROR) !== 0,
      };
    }
  }

  #at(/** @type {number} */ index) {
    if (typeof index !== 'number') throw refuse(TypeError, 'ERR_INVALID_ARG_TYPE', 'index');
    const row = this.#rows[index];
    if (row === undefined) throw refuse(RangeError, 'ERR_OUT_OF_RANGE', 'index');
    return row;
  }
}

module.exports = { CallbackBatch };

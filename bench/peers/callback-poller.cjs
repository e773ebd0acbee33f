// @ts-check
'use strict';
// The shape of a Poller over a library that calls back in Node's event loop. What the library has no part in is done
// here: data, size, batches, a wait that blocks, wakes of the own thread. What it has a part in is left to it: its
// add, modify and remove get the arguments unchecked, and their errors are passed on as they are.
const { pump } = require('./pump/build/Release/pump.node');
const { CallbackBatch } = require('./callback-batch.cjs');
const { refuse } = require('./refuse.cjs');

const LONGEST_TURN_MS = 1000;
const MOST_CAPACITY = 65536;

/**
 * @typedef {import('./callback-batch.cjs').Registration} Registration
 * @typedef {(fd: number, bits: number) => void} Deliver
 *
 * What an adapter brings. `settleMs`: how long another event of the same batch may take. `refetch`: has an event that
 * came before the wait, and may be of the past, reported again if it still holds.
 * @typedef {{ add(fd: number, interest: number): void, modify(fd: number, interest: number): void,
 *   remove(fd: number): void, close(fds: Iterable<number>): void,
 *   settleMs: number, refetch?: (fd: number, interest: number) => void }} Library
 */

class CallbackPoller {
  #library;
  #capacity;
  /** @type {Map<number, Registration>} */
  #registrations = new Map();
  /** What was called back with, and not yet returned. @type {Map<Registration, number>} */
  #pending = new Map();
  #turns = 0;
  #woken = false;
  closed = false;
  /** The library shows no descriptor of its own. */
  fd = -1;

  /**
   * @param {string} backend @param {object} capabilities @param {(deliver: Deliver) => Library} open
   * @param {{ capacity?: number }} options
   */
  constructor(backend, capabilities, open, { capacity = 1024 } = {}) {
    if (typeof capacity !== 'number') throw refuse(TypeError, 'ERR_INVALID_ARG_TYPE', 'capacity');
    if (!(Number.isInteger(capacity) && capacity >= 1 && capacity <= MOST_CAPACITY))
      throw refuse(RangeError, 'ERR_OUT_OF_RANGE', 'capacity');
    this.backend = backend;
    this.capabilities = {
      edge: false,
      oneshot: false,
      priority: false,
      exclusive: false,
      readClosed: false,
      nested: false,
      threads: false,
      timeoutResolutionNs: 1e6,
      ...capabilities,
    };
    this.#capacity = capacity;
    this.#library = open((fd, bits) => this.#deliver(fd, bits));
  }

  get size() {
    return this.#registrations.size;
  }

  has(/** @type {number} */ fd) {
    this.#mustBeOpen();
    return this.#registrations.has(fd);
  }

  /** @param {number} fd @param {number} interest @param {unknown} [data] */
  add(fd, interest, data) {
    this.#mustBeOpen();
    this.#library.add(fd, interest);
    this.#registrations.set(fd, { fd, interest, data, turn: 0 });
  }

  /** @param {number} fd @param {number} interest @param {unknown} [data] */
  modify(fd, interest, data) {
    this.#mustBeOpen();
    this.#library.modify(fd, interest);
    const registration = this.#registrations.get(fd);
    if (registration === undefined) return;
    registration.interest = interest;
    if (data !== undefined) registration.data = data;
    this.#pending.delete(registration);
  }

  remove(/** @type {number} */ fd) {
    this.#mustBeOpen();
    this.#library.remove(fd);
    const registration = this.#registrations.get(fd);
    if (registration !== undefined) this.#pending.delete(registration);
    this.#registrations.delete(fd);
  }

  wait(/** @type {number} */ timeoutMs = Infinity) {
    this.#mustBeOpen();
    if (typeof timeoutMs !== 'number') throw refuse(TypeError, 'ERR_INVALID_ARG_TYPE', 'timeoutMs');
    if (Number.isNaN(timeoutMs)) throw refuse(RangeError, 'ERR_OUT_OF_RANGE', 'timeoutMs');
    const deadline = timeoutMs < 0 ? Infinity : performance.now() + timeoutMs;
    pump(0);
    this.#refetch();
    while (this.#pending.size === 0 && !this.#woken && performance.now() < deadline) {
      pump(Math.ceil(Math.min(deadline - performance.now(), LONGEST_TURN_MS)));
    }
    this.#gather();
    return this.#take();
  }

  wake() {
    this.#mustBeOpen();
    this.#woken = true;
  }

  close() {
    if (this.closed) return;
    const fds = [...this.#registrations.keys()];
    this.closed = true;
    this.#registrations.clear();
    this.#pending.clear();
    this.#library.close(fds);
    pump(this.#library.settleMs);
  }

  [Symbol.dispose]() {
    this.close();
  }

  #mustBeOpen() {
    if (this.closed) throw refuse(Error, 'ERR_POLLER_CLOSED', 'the poller is closed');
  }

  #deliver(/** @type {number} */ fd, /** @type {number} */ bits) {
    const registration = this.#registrations.get(fd);
    if (registration === undefined || bits === 0) return;
    this.#pending.set(registration, (this.#pending.get(registration) ?? 0) | bits);
  }

  #refetch() {
    if (this.#library.refetch === undefined) return;
    for (const registration of this.#pending.keys()) {
      this.#pending.delete(registration);
      this.#library.refetch(registration.fd, registration.interest);
    }
  }

  /** Turns the event loop for as long as it brings events of other registrations. */
  #gather() {
    const { settleMs } = this.#library;
    for (let before = -1; this.#pending.size > before; ) {
      before = this.#pending.size;
      const end = performance.now() + settleMs;
      do pump(settleMs);
      while (this.#pending.size === before && performance.now() < end);
    }
  }

  /** The events of one batch: those whose last turn is longest ago. */
  #take() {
    const rows = [...this.#pending].sort(([a], [b]) => a.turn - b.turn).slice(0, this.#capacity);
    for (const [registration] of rows) {
      registration.turn = ++this.#turns;
      this.#pending.delete(registration);
    }
    const woken = this.#woken;
    this.#woken = false;
    return new CallbackBatch(rows, woken, (registration) => this.#registrations.get(registration.fd) === registration);
  }
}

module.exports = { CallbackPoller };

// @ts-check
'use strict';
// pollux-textbook.cjs [deregister]: c/textbook.c on a reactor. A connection is either read, or written to, and then the
// other way round: with another handler and interest, or, with an argument, with another watch.
const { READABLE, Reactor, WRITABLE } = require('pollux');
const { close, read, WOULD_BLOCK, write } = require('pollux/sys');
const { acceptAll, listenOnAnyPort } = require('./echo-on.cjs');

/** @typedef {import('pollux').WatchHandler} WatchHandler */
/** @typedef {import('pollux').Watch} Watch */

const BYTES = 4096;
const reactor = new Reactor({ capacity: 1024 });
const deregisters = process.argv[2] === 'deregister';
const listener = listenOnAnyPort();

reactor.watch(listener, READABLE, () => acceptAll(listener, (connection) => new Connection(connection)));

class Connection {
  #buffer = Buffer.allocUnsafeSlow(BYTES);
  #length = 0;
  /** @type {WatchHandler} */
  #onReadable = (_, watch) => this.#read(watch);
  /** @type {WatchHandler} */
  #onWritable = (_, watch) => this.#write(watch);

  /** @param {number} fd */
  constructor(fd) {
    reactor.watch(fd, READABLE, this.#onReadable);
  }

  #read(/** @type {Watch} */ watch) {
    const length = read(watch.fd, this.#buffer);
    if (length === WOULD_BLOCK) return;
    if (length === 0) {
      watch.close();
      close(watch.fd);
      return;
    }
    this.#length = length;
    this.#become(watch, WRITABLE, this.#onWritable);
  }

  #write(/** @type {Watch} */ watch) {
    if (write(watch.fd, this.#buffer, 0, this.#length) !== this.#length) throw new Error('short write');
    this.#become(watch, READABLE, this.#onReadable);
  }

  /** @param {Watch} watch @param {number} interest @param {WatchHandler} handler */
  #become(watch, interest, handler) {
    if (deregisters) {
      watch.close();
      reactor.watch(watch.fd, interest, handler);
    } else {
      watch.handler = handler;
      watch.interest = interest;
    }
  }
}

// @ts-check
'use strict';
// uv_poll, by npm socketwatcher, behind the shape of a Poller: a handle for each registration, and a new one for each
// change, because a handle that was started takes no other interest.
const { READABLE, WRITABLE } = require('../..');
const { CallbackPoller } = require('./callback-poller.cjs');
const { SocketWatcher } = require('./node_modules/socketwatcher');

/** @param {import('./callback-poller.cjs').Deliver} deliver @returns {import('./callback-poller.cjs').Library} */
function open(deliver) {
  const watchers = new Map();
  const start = (/** @type {number} */ fd, /** @type {number} */ interest) => {
    const watcher = new SocketWatcher();
    watcher.callback = (/** @type {boolean} */ readable, /** @type {boolean} */ writable) =>
      deliver(fd, (readable ? READABLE : 0) | (writable ? WRITABLE : 0));
    watcher.set(fd, (interest & READABLE) !== 0, (interest & WRITABLE) !== 0);
    watcher.start();
    watchers.set(fd, watcher);
  };
  const stop = (/** @type {number} */ fd) => {
    watchers.get(fd).stop();
    watchers.delete(fd);
  };
  return {
    settleMs: 0,
    add: start,
    modify: (fd, interest) => {
      stop(fd);
      start(fd, interest);
    },
    remove: stop,
    close: () => [...watchers.keys()].forEach(stop),
  };
}

exports.createPoller = (/** @type {object} */ options) =>
  new CallbackPoller('uv_poll (socketwatcher 0.4.0)', {}, open, options);

// @ts-check
'use strict';
// npm socketwatcher in Node's event loop: a uv_poll handle, and a call into JavaScript, per event.
const { close } = require('pollux/sys');
const { acceptAll, echo, listenOnAnyPort } = require('./echo-on.cjs');
const { SocketWatcher } = require('../peers/node_modules/socketwatcher');

/** @param {number} fd @param {(watcher: any) => void} onReadable */
function watch(fd, onReadable) {
  const watcher = new SocketWatcher();
  watcher.callback = () => onReadable(watcher);
  watcher.set(fd, true, false);
  watcher.start();
}

const listener = listenOnAnyPort();
watch(listener, () =>
  acceptAll(listener, (connection) => {
    watch(connection, (watcher) => {
      if (echo(connection)) return;
      watcher.stop();
      close(connection);
    });
  }),
);

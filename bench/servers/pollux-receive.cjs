// @ts-check
'use strict';
// pollux-receive.cjs [run]: pollux on a reactor that reads and writes for its watches, in Node's event loop or in a
// blocking loop.
const { READABLE, Reactor } = require('pollux');
const { close } = require('pollux/sys');
const { acceptAll, listenOnAnyPort } = require('./echo-on.cjs');

const reactor = new Reactor({ capacity: 1024 });
const listener = listenOnAnyPort();

reactor.watch(listener, READABLE, () =>
  acceptAll(listener, (connection) => void reactor.watch(connection, READABLE, serve, { receive: 4096 })),
);

/** @type {import('pollux').WatchHandler} */
function serve(_, watch) {
  if (watch.received > 0) return watch.send(watch.buffer);
  if (watch.received < 0) return;
  watch.close();
  close(watch.fd);
}

if (process.argv[2] === 'run') reactor.run();

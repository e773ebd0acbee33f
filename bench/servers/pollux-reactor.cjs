// @ts-check
'use strict';
// pollux-reactor.cjs [IDLE_MS]: pollux in Node's event loop: the calls of c/echo.c, from the handlers of a reactor;
// connections with an idle timeout, if one is given.
const { READABLE, Reactor } = require('pollux');
const { close } = require('pollux/sys');
const { acceptAll, echo, listenOnAnyPort } = require('./echo-on.cjs');

const reactor = new Reactor({ capacity: 1024 });
const idleMs = Number(process.argv[2] ?? 0);
const listener = listenOnAnyPort();

reactor.watch(listener, READABLE, () =>
  acceptAll(listener, (connection) => {
    const connected = reactor.watch(connection, READABLE, (_, watch) => {
      if (!echo(connection)) end(watch);
    });
    if (idleMs > 0) connected.setIdleTimeout(idleMs, end);
  }),
);

function end(/** @type {import('pollux').Watch} */ watch) {
  watch.close();
  close(watch.fd);
}

// @ts-check
'use strict';
// pollux in Node's event loop: the calls of c/echo.c, from the handlers of a reactor.
const { READABLE, Reactor } = require('pollux');
const { close } = require('pollux/sys');
const { acceptAll, echo, listenOnAnyPort } = require('./echo-on.cjs');

const reactor = new Reactor({ capacity: 1024 });
const listener = listenOnAnyPort();

reactor.watch(listener, READABLE, () => acceptAll(listener, (connection) => {
  reactor.watch(connection, READABLE, (_, watch) => {
    if (echo(connection)) return;
    watch.close();
    close(connection);
  });
}));

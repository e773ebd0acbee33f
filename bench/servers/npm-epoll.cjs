// @ts-check
'use strict';
// npm epoll in Node's event loop: a thread waits, one event at a time crosses to JavaScript.
const { close } = require('pollux/sys');
const { acceptAll, echo, listenOnAnyPort } = require('./echo-on.cjs');
const { Epoll } = require('../peers/node_modules/epoll');

const listener = listenOnAnyPort();
const epoll = new Epoll((/** @type {Error | null} */ error, /** @type {number} */ fd) => {
  if (error) throw error;
  if (fd === listener) {
    acceptAll(listener, (connection) => epoll.add(connection, Epoll.EPOLLIN | Epoll.EPOLLRDHUP));
  } else if (!echo(fd)) {
    epoll.remove(fd);
    close(fd);
  }
});
epoll.add(listener, Epoll.EPOLLIN);

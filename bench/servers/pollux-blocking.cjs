// @ts-check
'use strict';
// pollux-blocking.cjs [SPIN_US]: pollux in a blocking loop of its own: the calls of c/echo.c.
const { createPoller, READABLE } = require('pollux');
const { close } = require('pollux/sys');
const { acceptAll, echo, listenOnAnyPort } = require('./echo-on.cjs');

const spinUs = Number(process.argv[2] ?? 0);
const poller = createPoller({ capacity: 1024, ...(spinUs > 0 ? { spinUs } : {}) });
const listener = listenOnAnyPort();
poller.add(listener, READABLE);

for (;;) {
  const batch = poller.wait();
  for (let i = 0; i < batch.length; i++) {
    if (batch.readinessAt(i) === 0) continue;
    const fd = batch.fdAt(i);
    if (fd === listener) {
      acceptAll(listener, (connection) => poller.add(connection, READABLE));
    } else if (!echo(fd)) {
      poller.remove(fd);
      close(fd);
    }
  }
}

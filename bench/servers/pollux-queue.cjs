// @ts-check
'use strict';
// pollux in a blocking loop of its own, with all reads of a group of events in one crossing, and all writes in another.
const { createPoller, READABLE } = require('pollux');
const { close, SubmissionQueue, WOULD_BLOCK } = require('pollux/sys');
const { acceptAll, listenOnAnyPort } = require('./echo-on.cjs');

const GROUP = 256;
const BYTES = 4096;

const poller = createPoller({ capacity: 1024 });
const queue = new SubmissionQueue({ capacity: 2 * GROUP });
const slab = Buffer.allocUnsafeSlow(GROUP * BYTES);
const fds = new Int32Array(GROUP);
const listener = listenOnAnyPort();
poller.add(listener, READABLE);

/** Echoes what the first `count` of `fds` have. @param {number} count */
function echoAll(count) {
  for (let i = 0; i < count; i++) queue.read(fds[i] ?? -1, slab, i * BYTES, BYTES);
  queue.submit();
  let writes = 0;
  for (let i = 0; i < count; i++) {
    const length = queue.resultAt(i);
    if (length > 0) {
      queue.write(fds[i] ?? -1, slab, i * BYTES, length);
      writes++;
    } else if (length !== WOULD_BLOCK) {
      poller.remove(fds[i] ?? -1);
      close(fds[i] ?? -1);
    }
  }
  if (writes > 0) queue.submit();
  queue.reset();
}

for (;;) {
  const batch = poller.wait();
  let count = 0;
  for (let i = 0; i < batch.length; i++) {
    if (batch.readinessAt(i) === 0) continue;
    const fd = batch.fdAt(i);
    if (fd === listener) {
      acceptAll(listener, (connection) => poller.add(connection, READABLE));
      continue;
    }
    fds[count++] = fd;
    if (count === GROUP) {
      echoAll(count);
      count = 0;
    }
  }
  if (count > 0) echoAll(count);
}

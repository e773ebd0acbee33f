// Threads that share one poller. Every connection is registered oneshot: the thread that gets the event owns the
// connection until it re-arms it, so no two threads ever read from one socket at a time.
//
//   node examples/oneshot-pool.mjs             starts 3 threads, sends 300 requests over 30 connections, and says
//                                              how many each thread answered
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { attachPoller, createPoller, ONESHOT, READABLE, share } from 'pollux';
import * as sys from 'pollux/sys';

if (isMainThread) await serve(3, 30, 10);
else work();

async function serve(threads, connections, requests) {
  const poller = createPoller();
  const listener = sys.socket('ipv4');
  sys.bind(listener, { host: '127.0.0.1', port: 0 });
  sys.listen(listener);
  const { port } = sys.localAddress(listener);
  poller.add(listener, READABLE | ONESHOT);

  const file = fileURLToPath(import.meta.url);
  const workers = Array.from(
    { length: threads },
    () => new Worker(file, { workerData: { handle: share(poller), listener } }),
  );
  const counts = workers.map((worker) => once(worker, 'message').then(([count]) => count));

  await Promise.all(Array.from({ length: connections }, () => ask(port, requests)));
  poller.wake(); // ends one wait, in one thread, which passes it on
  const answered = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  console.log(`${answered} requests answered by ${threads} threads`);
  poller.close();
  sys.close(listener);
}

async function ask(port, requests) {
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  for (let i = 0; i < requests; i++) {
    socket.write('ping');
    await once(socket, 'data');
  }
  socket.end();
  await once(socket, 'close');
}

function work() {
  const { handle, listener } = workerData;
  const poller = attachPoller(handle);
  const buffer = new Uint8Array(4096);
  let answered = 0;
  for (;;) {
    const batch = poller.wait();
    for (let i = 0; i < batch.length; i++) {
      const fd = batch.fdAt(i);
      if (fd === listener) welcome(poller, listener);
      else if (reply(poller, fd, buffer)) answered++;
    }
    if (batch.woken) break;
  }
  poller.wake();
  poller.close();
  parentPort.postMessage(answered);
}

function welcome(poller, listener) {
  let fd;
  while ((fd = sys.accept(listener)) !== sys.WOULD_BLOCK) poller.add(fd, READABLE | ONESHOT);
  poller.modify(listener, READABLE | ONESHOT);
}

/** Answers one request; false when the client has gone. */
function reply(poller, fd, buffer) {
  const length = sys.read(fd, buffer);
  if (length > 0) sys.write(fd, buffer, 0, length);
  if (length !== 0)
    poller.modify(fd, READABLE | ONESHOT); // re-arm: from here on any thread may own it
  else {
    poller.remove(fd);
    sys.close(fd);
  }
  return length > 0;
}

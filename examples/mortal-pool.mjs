// The pool of oneshot-pool.mjs, whose threads may die. A thread that has an event owns the connection; it writes that
// down before it does anything else, in memory that all share. When a thread ends, the main thread re-arms what nobody
// owns.
//
//   node examples/mortal-pool.mjs              starts 3 threads, two of which die with a connection in their hands, sends
//                                              300 requests over 30 connections, and says how many were answered
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { attachPoller, createPoller, ONESHOT, READABLE, share } from 'pollux';
import * as sys from 'pollux/sys';

const MOST_DESCRIPTORS = 4096;
const NOBODY = 0;

if (isMainThread) await serve(3, 30, 10);
else work(workerData);

async function serve(threads, connections, requests) {
  const poller = createPoller();
  const listener = sys.socket('ipv4');
  sys.bind(listener, { host: '127.0.0.1', port: 0 });
  sys.listen(listener);
  const { port } = sys.localAddress(listener);
  poller.add(listener, READABLE | ONESHOT);

  const shared = (words) => new Int32Array(new SharedArrayBuffer(4 * words));
  const owners = shared(MOST_DESCRIPTORS); // the thread that owns each descriptor
  const counts = shared(2); // requests answered; threads that have yet to die
  counts[1] = 2;
  const ends = [];
  let [started, isOver] = [0, false];
  const start = () => {
    const id = ++started; // never that of a thread that has died
    const worker = new Worker(fileURLToPath(import.meta.url), {
      workerData: { id, handle: share(poller), listener, owners, counts },
    });
    worker.on('error', ({ message }) => console.log(message));
    ends.push(once(worker, 'exit').catch(() => {}));
    worker.on('exit', () => {
      if (isOver) return;
      release(poller, owners, id);
      start();
    });
  };
  for (let i = 0; i < threads; i++) start();

  await Promise.all(Array.from({ length: connections }, () => ask(port, requests)));
  isOver = true;
  poller.wake(); // ends one wait, in one thread, which passes it on
  await Promise.all(ends);
  console.log(`${counts[0]} requests answered`);
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

/**
 * After the end of thread `id`: what it owned is nobody's. As it may have ended between wait() and writing down what it
 * owns, all that nobody owns is armed again; what was armed already stays so.
 */
function release(poller, owners, id) {
  for (let fd = 0; fd < owners.length; fd++) {
    Atomics.compareExchange(owners, fd, id, NOBODY);
    if (poller.has(fd) && Atomics.load(owners, fd) === NOBODY) arm(poller, fd);
  }
}

function arm(poller, fd) {
  try {
    poller.modify(fd, READABLE | ONESHOT);
  } catch {} // another thread has had its event meanwhile, and closed it
}

function work({ id, handle, listener, owners, counts }) {
  const poller = attachPoller(handle);
  const buffer = new Uint8Array(4096);
  for (let isWoken = false; !isWoken; ) {
    const batch = poller.wait();
    isWoken = batch.woken;
    for (let i = 0; i < batch.length; i++) {
      const fd = batch.fdAt(i);
      // Where release() has armed it a second time, it has an owner, who arms it again when done.
      if (Atomics.compareExchange(owners, fd, NOBODY, id) !== NOBODY) continue;
      if (fd === listener) welcome(poller, listener);
      else if (Atomics.sub(counts, 1, 1) > 0) throw new Error('a thread dies');
      else if (reply(poller, fd, buffer)) Atomics.add(counts, 0, 1);
      Atomics.store(owners, fd, NOBODY);
      if (poller.has(fd)) arm(poller, fd); // from here on any thread may own it
    }
  }
  poller.wake();
  poller.close();
}

function welcome(poller, listener) {
  let fd;
  while ((fd = sys.accept(listener)) !== sys.WOULD_BLOCK) poller.add(fd, READABLE | ONESHOT);
}

/** Answers one request; false when the client has gone. */
function reply(poller, fd, buffer) {
  const length = sys.read(fd, buffer);
  if (length > 0) return sys.write(fd, buffer, 0, length) > 0;
  if (length === 0) {
    poller.remove(fd);
    sys.close(fd);
  }
  return false;
}

// One port, several threads, each with a reactor of its own: two ways to share out the connections.
//
//   node examples/reuseport-workers.mjs reuseport   a listener per thread (SO_REUSEPORT): the kernel gives each
//                                                   connection to one of them, by its addresses
//   node examples/reuseport-workers.mjs exclusive   one listener that all threads watch (EXCLUSIVE): the kernel wakes
//                                                   one of those that wait, so that who is busy gets no more
//
// Starts 3 threads, sends 600 requests over as many connections, and says how many there were for each thread.
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { EXCLUSIVE, READABLE, watch } from 'pollux';
import * as sys from 'pollux/sys';

const [THREADS, REQUESTS, AT_ONCE] = [3, 600, 20];

if (isMainThread) await serve(process.argv[2] ?? 'reuseport');
else work(workerData);

async function serve(way) {
  const first = bindTo(0);
  const { port } = sys.localAddress(first);
  if (way === 'exclusive') sys.listen(first);
  const file = fileURLToPath(import.meta.url);
  const workers = Array.from(
    { length: THREADS },
    () => new Worker(file, { workerData: { way, port, listener: first } }),
  );
  await Promise.all(workers.map((worker) => once(worker, 'message'))); // all listen
  await Promise.all(Array.from({ length: AT_ONCE }, () => askInTurn(port, REQUESTS / AT_ONCE)));

  const counts = workers.map((worker) => once(worker, 'message').then(([count]) => count));
  for (const worker of workers) worker.postMessage('stop');
  const answered = await Promise.all(counts);
  sys.close(first);
  console.log(
    `${way}: ${answered.reduce((sum, count) => sum + count)} requests answered by ${answered.length} threads: ${answered.join(' + ')}`,
  );
}

function bindTo(port) {
  const fd = sys.socket('ipv4');
  sys.setOption(fd, 'reusePort', true); // before bind, on every socket of the port
  sys.bind(fd, { host: '127.0.0.1', port });
  return fd;
}

async function askInTurn(port, requests) {
  for (let i = 0; i < requests; i++) {
    const socket = connect(port, '127.0.0.1');
    socket.end('ping');
    const [answer] = await once(socket, 'data');
    if (String(answer) !== 'ping') throw new Error(`answered ${answer}`);
    await once(socket, 'close');
  }
}

function work({ way, port, listener }) {
  const own = way === 'exclusive' ? listener : bindTo(port);
  if (own !== listener) sys.listen(own);
  const buffer = new Uint8Array(4096);
  let answered = 0;
  const accepting = watch(own, way === 'exclusive' ? READABLE | EXCLUSIVE : READABLE, () => {
    // One at a time: what is left in the queue is for whoever is free.
    const fd = sys.accept(own);
    if (fd !== sys.WOULD_BLOCK) watch(fd, READABLE, (_, connection) => answer(connection));
  });

  function answer(connection) {
    const length = sys.read(connection.fd, buffer);
    if (length > 0) {
      sys.write(connection.fd, buffer, 0, length);
      answered++;
    } else if (length === 0) {
      connection.close();
      sys.close(connection.fd);
    }
  }

  parentPort.once('message', () => {
    accepting.close();
    if (own !== listener) sys.close(own);
    parentPort.postMessage(answered);
  });
  parentPort.postMessage('listening');
}

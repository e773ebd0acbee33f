// A worker that answers what it receives at the path in its data.
import { parentPort, workerData } from 'node:worker_threads';
import { createSocket } from 'pollux-unix-dgram';

const socket = createSocket('unix_dgram', (message, { path }) => {
  socket.send(`re: ${message}`, 0, message.length + 4, path!);
  socket.close();
});
socket.bind(workerData as string);
parentPort!.postMessage('bound');

// A process that connects by a name, in much less time than it may take, and then has nothing to do: `connect-end.js
// WAITER`.
import { connect, listen, Reactor } from 'pollux';
import * as sys from 'pollux/sys';

const TIMEOUT_MS = 30_000;

const reactor = new Reactor({ waiter: process.argv[2] as 'uv' | 'thread' });
const listener = listen({ host: '127.0.0.1', port: 0, reactor }, (fd) => sys.close(fd));
const { port } = listener.address;

void connect({ host: 'self.example', port, lookup: async () => ['127.0.0.1'], timeoutMs: TIMEOUT_MS, reactor }).then(
  (fd) => {
    const start = performance.now();
    console.log('connected');
    sys.close(fd);
    listener.close();
    process.on('exit', () => console.log('ended at once', performance.now() - start < TIMEOUT_MS / 2));
  },
);

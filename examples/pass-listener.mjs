// Hands a listening socket to another process, which goes on serving while this one ends: a restart that refuses
// nobody. The other process may be one of Python: socket.recv_fds() and socket.send_fds().
//
//   node examples/pass-listener.mjs --give /tmp/door       listens, and gives the listener to whoever connects to /tmp/door
//   node examples/pass-listener.mjs --take /tmp/door       takes it, and answers connections
import { unlinkSync } from 'node:fs';
import { once, READABLE, watch } from 'pollux';
import * as sys from 'pollux/sys';

/** Connects to the socket at `path` and takes the one descriptor that comes. */
async function take(path) {
  const fd = sys.socket('unix');
  sys.connect(fd, { path });
  await once(fd, READABLE);
  const message = sys.receiveMessage(fd, [Buffer.alloc(64)]);
  sys.close(fd);
  if (message === sys.WOULD_BLOCK || message.control.descriptors.length !== 1) throw new Error('no listener came');
  const [listener] = message.control.descriptors;
  sys.setNonBlocking(listener); // the mode is what the giver has made it
  return listener;
}

/** Gives `listener` to the first process of this user that connects to `path`. */
async function give(path, listener) {
  const door = sys.socket('unix');
  sys.bind(door, { path });
  sys.listen(door);
  try {
    for (;;) {
      await once(door, READABLE);
      const fd = sys.accept(door);
      if (fd === sys.WOULD_BLOCK) continue;
      const { uid, pid } = sys.peerCredentials(fd);
      const isOurs = uid === process.getuid();
      // One byte at least: on a stream, descriptors travel with the first.
      if (isOurs) sys.sendMessage(fd, [Buffer.from('listener')], { control: { descriptors: [listener] } });
      sys.close(fd);
      if (isOurs) return pid;
    }
  } finally {
    sys.close(door);
    unlinkSync(path);
  }
}

const [role, path] = process.argv.slice(2);
if (role === '--give' && path !== undefined) {
  const listener = sys.socket('ipv4');
  sys.bind(listener, { host: '127.0.0.1', port: 0 });
  sys.listen(listener);
  console.log(`listening on 127.0.0.1:${sys.localAddress(listener).port}`);
  console.log(`given to process ${await give(path, listener)}`);
  sys.close(listener); // connections that wait in its queue are not lost: the other process has it open
} else if (role === '--take' && path !== undefined) {
  const listener = await take(path);
  console.log(`serving on 127.0.0.1:${sys.localAddress(listener).port}`);
  watch(listener, READABLE, () => {
    for (let fd; (fd = sys.accept(listener)) !== sys.WOULD_BLOCK; sys.close(fd)) {
      sys.write(fd, Buffer.from(`served by process ${process.pid}\n`));
    }
  });
} else {
  console.error('usage: node examples/pass-listener.mjs --give PATH | --take PATH');
  process.exitCode = 2;
}

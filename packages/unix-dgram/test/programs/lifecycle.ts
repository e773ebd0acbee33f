// Programs whose end, or whose being alive, is what a test looks at. Arguments: which one, and a folder.
import { join } from 'node:path';
import { createSocket } from 'pollux-unix-dgram';

const [, , program, folder] = process.argv;
const path = join(folder!, 'socket');

// Timers that keep nothing alive. A process that is alive sees the first, and also the second if it does not end.
const soon = (act: () => void): void => void setTimeout(act, 50).unref();
const muchLater = (act: () => void): void => void setTimeout(act, 30_000).unref();

const PROGRAMS: Readonly<Record<string, () => void>> = {
  bound: () => {
    const socket = createSocket('unix_dgram', (message) => {
      console.log(String(message));
      socket.close();
    });
    socket.bind(path);
    soon(() => {
      const sender = createSocket('unix_dgram');
      sender.send('message', 0, 7, path);
      sender.close();
    });
  },
  open: () => {
    const socket = createSocket('unix_dgram');
    soon(() => {
      console.log('alive');
      socket.close();
    });
  },
  unref: () => {
    createSocket('unix_dgram').unref();
    muchLater(() => console.log('alive'));
    console.log('opened');
  },
  closed: () => {
    const socket = createSocket('unix_dgram');
    socket.on('close', () => console.log('closed'));
    socket.close();
    muchLater(() => console.log('alive'));
  },
};

PROGRAMS[program!]!();

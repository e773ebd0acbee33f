// Programs whose end, or whose being alive, is what a test looks at. The first argument chooses one.
import { Epoll } from 'pollux-epoll';
import * as sys from 'pollux/sys';

const [reader, writer] = sys.pipe();
const X = Buffer.from('x');
// Timers that keep nothing alive. A process that is alive sees the first, and also the second if it does not end.
const soon = (act: () => void): void => void setTimeout(act, 50).unref();
const muchLater = (act: () => void): void => void setTimeout(act, 30_000).unref();

const PROGRAMS: Readonly<Record<string, () => void>> = {
  nothing: () => {
    new Epoll(() => undefined);
    new Epoll(() => undefined);
    console.log('made');
  },
  registered: () => {
    const epoll = new Epoll((_, fd) => {
      console.log('event');
      epoll.remove(fd);
    });
    epoll.add(reader, Epoll.EPOLLIN);
    soon(() => sys.write(writer, X));
  },
  removed: () => {
    const epoll = new Epoll(() => console.log('event'));
    epoll.add(reader, Epoll.EPOLLIN).remove(reader);
    muchLater(() => console.log('alive'));
    console.log('removed');
  },
  closed: () => {
    const epoll = new Epoll(() => console.log('event'));
    epoll.add(reader, Epoll.EPOLLIN).add(writer, Epoll.EPOLLOUT);
    epoll.close();
    muchLater(() => console.log('alive'));
    console.log('closed');
  },
  fired: () => {
    // A oneshot registration that has reported is still one.
    const epoll = new Epoll(() => {
      console.log('event');
      soon(() => {
        console.log('alive');
        epoll.close();
      });
    });
    epoll.add(reader, Epoll.EPOLLIN | Epoll.EPOLLONESHOT);
    sys.write(writer, X);
  },
  collected: () => {
    let left = 20;
    (() =>
      new Epoll((_, fd) => {
        (globalThis as { gc?: () => void }).gc?.();
        if (--left > 0) return;
        sys.read(fd, Buffer.alloc(1));
        console.log('event');
        process.exit();
      }).add(reader, Epoll.EPOLLIN))();
    (globalThis as { gc?: () => void }).gc?.();
    sys.write(writer, X);
  },
  thrown: () => {
    const [other, otherWriter] = sys.pipe();
    process.on('uncaughtException', (error) => console.log(error.message));
    const epoll = new Epoll((_, fd) => {
      epoll.remove(fd);
      throw new Error('from the callback');
    });
    epoll.add(reader, Epoll.EPOLLIN | Epoll.EPOLLET).add(other, Epoll.EPOLLIN | Epoll.EPOLLET);
    sys.write(writer, X);
    sys.write(otherWriter, X);
  },
};

PROGRAMS[process.argv[2]!]!();

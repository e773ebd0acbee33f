// A chat room: each line that somebody sends goes to everybody else. The protocol is a state machine whose states are
// handlers: a connection begins with the one that waits for a name, which puts the next one in its place.
//
//   node examples/chat.mjs 7000                prints the port that it listens on; without a number any free one
//   nc 127.0.0.1 7000                          in two terminals: say a name first, then whatever you like; Ctrl-D leaves
import { READABLE, watch, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import { listenOn, portFrom } from './support/listen.mjs';

const LONGEST_LINE = 4096;
const MOST_PENDING = 1 << 20; // bytes: who takes nothing for that long has gone
const IDLE_MS = 10 * 60_000;
const room = new Map(); // by name: who is here
const buffer = Buffer.allocUnsafe(65536);

class Guest {
  name = null;
  #text = '';
  #decoder = new TextDecoder();
  #pending = Buffer.alloc(0);
  #watch;

  constructor(fd) {
    this.#watch = watch(fd, READABLE, (readiness) => this.#serve(readiness, (line) => this.#introduce(line)));
    this.#watch.setIdleTimeout(IDLE_MS, () => this.#leave());
    this.send('your name?');
  }

  /** Sends a line, or keeps what the guest does not take now. */
  send(line) {
    if (this.#watch.closed) return;
    this.#pending = Buffer.concat([this.#pending, Buffer.from(`${line}\n`)]);
    if (this.#pending.length > MOST_PENDING) this.#leave();
    else this.#attempt(() => this.#flush());
  }

  #serve(readiness, onLine) {
    this.#attempt(() => {
      if (readiness & WRITABLE) this.#flush();
      if (readiness & READABLE) this.#read(onLine);
    });
  }

  #attempt(action) {
    try {
      action();
    } catch {
      this.#leave(); // ECONNRESET, EPIPE: the guest is gone
    }
  }

  #flush() {
    const written = sys.write(this.#watch.fd, this.#pending);
    if (written !== sys.WOULD_BLOCK) this.#pending = this.#pending.subarray(written);
    this.#watch.interest = this.#pending.length > 0 ? READABLE | WRITABLE : READABLE;
  }

  #read(onLine) {
    const length = sys.read(this.#watch.fd, buffer);
    if (length === sys.WOULD_BLOCK) return;
    if (length === 0) return this.#leave();
    const lines = (this.#text + this.#decoder.decode(buffer.subarray(0, length), { stream: true })).split(/\r?\n/);
    this.#text = lines.pop();
    if (this.#text.length > LONGEST_LINE) return this.#leave();
    for (const line of lines) onLine(line);
  }

  /** The first state: a line is a name. */
  #introduce(line) {
    if (this.name !== null) return this.#say(line); // of the same read as the name
    if (!/^\w{1,20}$/.test(line)) return this.send('a name is 1 to 20 letters: your name?');
    if (room.has(line)) return this.send('there is one already: your name?');
    this.name = line;
    this.send(room.size > 0 ? `here are: ${[...room.keys()].join(', ')}` : 'you are the first');
    tellAll(`* ${line} comes`);
    room.set(line, this);
    this.#watch.handler = (readiness) => this.#serve(readiness, (text) => this.#say(text));
  }

  /** The second: a line is for everybody else. */
  #say(line) {
    tellAll(`${this.name}: ${line}`, this);
  }

  #leave() {
    if (this.#watch.closed) return;
    this.#watch.close();
    sys.close(this.#watch.fd);
    if (room.get(this.name) !== this) return;
    room.delete(this.name);
    tellAll(`* ${this.name} goes`);
  }
}

function tellAll(line, except) {
  for (const guest of room.values()) {
    if (guest !== except) guest.send(line);
  }
}

console.log(`listening on 127.0.0.1:${listenOn(portFrom(process.argv[2], 'chat.mjs [PORT]'), (fd) => new Guest(fd))}`);

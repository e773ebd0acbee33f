// A poller of one's own, for docs/guides/write-your-own-poller.md: as poll(2) does, each wait asks about every
// descriptor anew.
//
//   node dist/cli/main.js conformance --module examples/poll-poller.mjs
import * as pollux from 'pollux';

/** poll(2), which JavaScript cannot call, played by a kernel poller that lives for one call. */
function poll(watched, timeoutMs) {
  const kernel = pollux.createPoller({ capacity: Math.max(1, watched.size) });
  try {
    for (const [fd, { interest }] of watched) if (interest !== 0) kernel.add(fd, interest & ~pollux.ONESHOT);
    return [...kernel.wait(timeoutMs)];
  } finally {
    kernel.close();
  }
}

class PollPoller {
  backend = 'poll';
  capabilities = {
    edge: false,
    oneshot: true,
    priority: true,
    exclusive: false,
    readClosed: true,
    nested: false,
    threads: false,
    timeoutResolutionNs: 1,
  };
  fd = -1;
  closed = false;
  #watched = new Map();
  #capacity;
  #woken = false;
  constructor({ capacity = 1024 } = {}) {
    this.#capacity = capacity;
  }
  get size() {
    return this.#watched.size;
  }
  has(fd) {
    return this.#watched.has(fd);
  }
  add(fd, interest, data) {
    if (this.has(fd)) throw new Error(`${fd} is watched already`);
    this.#watched.set(fd, { interest, data });
  }
  modify(fd, interest, data = this.#watched.get(fd).data) {
    Object.assign(this.#watched.get(fd), { interest, data });
  }
  remove(fd) {
    this.#watched.delete(fd);
  }
  wake() {
    this.#woken = true;
  }
  close() {
    this.closed = true;
    this.#watched.clear();
  }
  [Symbol.dispose]() {
    this.close();
  }

  wait(timeoutMs) {
    const woken = this.#woken;
    this.#woken = false;
    const rows = poll(this.#watched, woken ? 0 : timeoutMs)
      .slice(0, this.#capacity)
      .map((event) => ({ event, registration: this.#watched.get(event.fd) }));
    for (const {
      registration,
      event: { readiness },
    } of rows) {
      if (registration.interest & pollux.ONESHOT) registration.interest &= ~readiness;
    }
    const live = ({ event, registration }) => this.#watched.get(event.fd) === registration;
    return {
      woken,
      length: rows.length,
      fdAt: (index) => rows[index].event.fd,
      readinessAt: (index) => (live(rows[index]) ? rows[index].event.readiness : 0),
      dataAt: (index) => (live(rows[index]) ? rows[index].registration.data : undefined),
      *[Symbol.iterator]() {
        for (const row of rows) if (live(row)) yield { ...row.event, data: row.registration.data };
      },
    };
  }
}

export const createPoller = (options) => new PollPoller(options);

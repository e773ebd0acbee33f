import { AsyncLocalStorage } from 'node:async_hooks';
import {
  EDGE,
  ERROR,
  HANGUP,
  ONESHOT,
  READABLE,
  READ_CLOSED,
  WRITABLE,
  type Reactor,
  type ReactorOptions,
  type Watch,
} from 'pollux';
import * as sys from 'pollux/sys';
import { describeBits } from '../bits.js';
import { Finding } from '../finding.js';
import { kernel } from '../kernel.js';

export const PLACES = 6;
export const INTERESTS = [
  READABLE,
  READABLE,
  READABLE | EDGE,
  READABLE | ONESHOT,
  READABLE | WRITABLE | EDGE,
  READABLE | EDGE | ONESHOT,
  0,
  READ_CLOSED,
  WRITABLE | ONESHOT,
];
const INTO = Buffer.alloc(65_536);
/** What goes through each connection, from its first byte on: byte n is n modulo PERIOD. */
const PERIOD = 251;
const STREAM = Buffer.from(Array.from({ length: 65_536 + PERIOD }, (_, index) => index % PERIOD));
const RECEIVE = 700;
/** With batches of one event, each watch has had its turn after this many turns of the loop. */
const TURNS = PLACES + 2;
/** A waiting thread may need longer than this many turns of a loop that has nothing to do. */
const THREAD_MS = 500;
const IN = 1;

/** The context that a watch is made in; its handlers, and what they throw, belong to it. */
const context = new AsyncLocalStorage<string>();

/** A descriptor with a peer, and a watch of it. */
interface Place {
  fd: number;
  peer: number;
  watch: Watch | undefined;
  interest: number;
  name: string;
  calls: number;
  /** Whether an event has to come, because data arrived since the last one. */
  owed: boolean;
  /** How many bytes the peer and the watch have given, and how many of them have come out at the other end. */
  given: number;
  got: number;
  sent: number;
  peerGot: number;
  receives: boolean;
  /** Whether the oneshot watch has had its event. */
  hasFired: boolean;
  lastMs: number;
  idleMs: number;
  /** What the next handler does, beside reading. */
  plan: Array<() => void>;
  /** False from the call of the handler until its ticks and microtasks have run. */
  hasTicked: boolean;
  hasSettled: boolean;
}

/** A reactor, and checks that hold whenever it calls a handler. */
export class Bench {
  readonly places: Array<Place | undefined> = Array.from({ length: PLACES }, () => undefined);
  readonly reactor: Reactor;
  #found: Finding | undefined;
  #thrown = 0;
  /** How many operations handlers have made beside reading. */
  #acts = 0;
  #raised = 0;
  #names = 0;

  constructor(capacity: number, open: (options: ReactorOptions) => Reactor) {
    this.reactor = open({ capacity, onError: (error) => this.#raise(error) });
  }

  watch(index: number, interest: number, receives: boolean): void {
    const [fd, peer] = sys.socketPair();
    const place: Place = {
      fd,
      peer,
      watch: undefined,
      interest,
      name: `watch ${++this.#names}`,
      calls: 0,
      owed: false,
      given: 0,
      got: 0,
      sent: 0,
      peerGot: 0,
      receives,
      hasFired: false,
      lastMs: performance.now(),
      idleMs: 0,
      plan: [],
      hasTicked: true,
      hasSettled: true,
    };
    this.places[index] = place;
    context.run(
      place.name,
      () =>
        (place.watch = this.reactor.watch(
          fd,
          interest,
          (readiness) => this.#handle(place, readiness),
          receives ? { receive: RECEIVE } : {},
        )),
    );
  }

  /**
   * Ends the watch, then closes both ends. With `isFdFirst` the descriptor is closed before the watch, as no program
   * should do.
   */
  close(index: number, isFdFirst: boolean): void {
    const place = this.places[index];
    if (place === undefined) return;
    this.places[index] = undefined;
    const { watch, fd, peer } = place;
    place.watch = undefined;
    if (isFdFirst) sys.close(fd);
    watch!.close();
    if (!isFdFirst) sys.close(fd);
    sys.close(peer);
  }

  setInterest(index: number, interest: number): void {
    const place = this.places[index];
    if (place === undefined) return;
    place.watch!.interest = place.interest = interest;
    place.hasFired = false;
    // A level watch whose interest was removed and set again reports what is ready by itself.
    place.owed = this.#isReadable(place);
  }

  rearm(index: number): void {
    const place = this.places[index];
    place?.watch?.rearm();
    if (place !== undefined) [place.hasFired, place.owed] = [false, this.#isReadable(place)];
  }

  send(index: number, length: number): void {
    const place = this.places[index];
    if (place === undefined) return;
    const taken = this.#try(() => sys.write(place.peer, STREAM, place.given % PERIOD, length));
    if (taken <= 0) return;
    place.given += taken;
    place.owed = true;
  }

  /** The watch sends. */
  give(index: number, length: number): void {
    const place = this.places[index];
    if (place === undefined) return;
    place.watch!.send(STREAM, place.sent % PERIOD, length);
    place.sent += length;
  }

  endPeer(index: number): void {
    const place = this.places[index];
    if (place !== undefined) this.#try(() => (sys.shutdown(place.peer, 'write'), 0));
  }

  idle(index: number, ms: number): void {
    const place = this.places[index];
    if (place === undefined) return;
    [place.idleMs, place.lastMs] = [ms, performance.now()];
    place.watch!.setIdleTimeout(ms, () => {
      const passedMs = performance.now() - place.lastMs;
      if (passedMs < ms - 0.01) this.#find('idle early', `${place.name} is idle after ${passedMs} ms of ${ms}`);
    });
  }

  plan(index: number, act: () => void): void {
    this.places[index]?.plan.push(act);
  }

  throwFrom(index: number): void {
    const place = this.places[index];
    this.plan(index, () => {
      this.#thrown++;
      throw Object.assign(new Error('wanted'), { place: place!.name });
    });
  }

  /** Turns of the host's loop, after which everything that is owed has come. */
  async rest(): Promise<void> {
    let before: number[] = [];
    let acts = -1;
    // The operations of a handler may cause another event.
    while (acts !== this.#acts) {
      acts = this.#acts;
      before = this.places.map((place) => place?.calls ?? 0);
      for (let turn = 0; turn < TURNS; turn++) {
        await new Promise((resolve) => setImmediate(resolve));
        this.#drainPeers();
        if (this.#found !== undefined) throw this.#found;
      }
    }
    const lateMs = performance.now() + (this.reactor.waiter === 'thread' ? THREAD_MS : 0);
    const isOwed = (): boolean => this.places.some((place, index) => this.#lacks(place, before[index]!) !== undefined);
    while (performance.now() < lateMs && isOwed()) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      this.#drainPeers();
    }
    for (const [index, place] of this.places.entries()) {
      const lack = this.#lacks(place, before[index]!);
      if (lack !== undefined) throw lack;
    }
    if (this.#raised !== this.#thrown)
      throw new Finding('errors', `${this.#thrown} handlers have thrown, and ${this.#raised} errors were told`);
  }

  end(): void {
    this.reactor.close();
    for (const place of this.places) if (place !== undefined) for (const fd of [place.fd, place.peer]) sys.close(fd);
  }

  #lacks(place: Place | undefined, before: number): Finding | undefined {
    if (place !== undefined && place.peerGot !== place.sent)
      return new Finding('lost send', `of ${place.sent} bytes of ${place.name}, ${place.peerGot} have come`);
    if (place === undefined || (place.interest & READABLE) === 0 || (place.interest & ONESHOT && place.hasFired))
      return undefined;
    if (place.receives && place.got !== place.given && !this.#isReadable(place))
      return new Finding('lost bytes', `of ${place.given} bytes for ${place.name}, ${place.got} have come`);
    if (place.calls > before) return undefined;
    const isOwed = (place.interest & EDGE) !== 0 ? place.owed : this.#isReadable(place);
    if (!isOwed || !this.#isReadable(place)) return undefined;
    return new Finding(
      'lost event',
      `${place.name}, interest ${describeBits(place.interest)}, is readable and was not called`,
    );
  }

  #handle(place: Place, readiness: number): void {
    place.calls++;
    place.lastMs = performance.now();
    place.owed = false;
    const asked = (place.interest & 0x0f) | HANGUP | ERROR | (place.interest & READABLE ? READ_CLOSED : 0);
    const what = `${place.name}, interest ${describeBits(place.interest)}, hears ${describeBits(readiness)}`;
    if (place.watch === undefined) this.#find('stale', `${what} after it was closed`);
    if ((place.interest & 0x0f) === 0 || (readiness & ~asked) !== 0) this.#find('unasked', what);
    if ((place.interest & ONESHOT) !== 0 && place.hasFired) this.#find('oneshot', what);
    if (!place.hasTicked || !place.hasSettled)
      this.#find('turns', `${what} before the ticks and microtasks of its last event`);
    if (context.getStore() !== place.name) this.#find('context', `${what} in the context of ${context.getStore()}`);
    place.hasFired = true;
    place.hasTicked = place.hasSettled = false;
    process.nextTick(() => (place.hasTicked = true));
    queueMicrotask(() => (place.hasSettled = true));
    const isRead = place.plan.length === 0 || place.calls % 2 === 0;
    if (place.receives) place.got = this.#follow(place.watch!.buffer, place.got, what);
    else if (isRead) {
      const length = this.#try(() => sys.read(place.fd, INTO));
      place.got = this.#follow(INTO.subarray(0, Math.max(0, length)), place.got, what);
    }
    for (const act of place.plan.splice(0)) {
      this.#acts++;
      act();
    }
  }

  #raise(error: unknown): void {
    const { place } = error as { place?: string };
    if (place === undefined) return;
    this.#raised++;
    if (context.getStore() !== place)
      this.#find('context', `an error of ${place} is told in the context of ${context.getStore()}`);
  }

  #isReadable({ fd }: Place): boolean {
    const table = Int32Array.of(fd, 0);
    kernel.poll(table, 1);
    return (table[1]! & IN) !== 0;
  }

  /** Throws away what has come to the peers. */
  #drainPeers(): void {
    for (const place of this.places) {
      if (place === undefined) continue;
      for (let length = 1; length > 0; ) {
        length = this.#try(() => sys.read(place.peer, INTO));
        const bytes = INTO.subarray(0, Math.max(0, length));
        place.peerGot = this.#follow(bytes, place.peerGot, `the peer of ${place.name}`);
      }
    }
  }

  /** Returns how many bytes have come once `bytes` have, which must be those after the first `before`. */
  #follow(bytes: Uint8Array, before: number, who: string): number {
    const start = before % PERIOD;
    if (STREAM.compare(bytes, 0, bytes.length, start, start + bytes.length) !== 0)
      this.#find('order', `${who}, and gets other bytes than those after ${before}`);
    return before + bytes.length;
  }

  #find(rule: string, detail: string): void {
    this.#found ??= new Finding(rule, detail);
  }

  #try(call: () => number): number {
    try {
      return call();
    } catch {
      return -1;
    }
  }
}

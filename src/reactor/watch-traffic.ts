import { WOULD_BLOCK } from '../addon/exports.js';
import type { SystemError } from '../errors.js';
import type { UnsentBytes } from './unsent-bytes.js';
import type { Watch } from './watch.js';
import type { WatchOptions } from './watch-options.js';

/** No read waits to be shown. */
export const NO_READ = -1;
const NOTHING = new Uint8Array(0);

/** What a read said. */
export interface ReadResult {
  /** As `Watch.received`. */
  readonly received: number;
  readonly error: SystemError | undefined;
}

/** What a read has taken for a watch that was paused before its handler was called. */
export interface KeptRead extends ReadResult {
  /** That of the event. */
  readonly readiness: number;
  readonly bytes: Uint8Array;
}

/** What the reactor has received, and has to send, for one watch that makes use of that. */
export class WatchTraffic {
  /** The most bytes of one read; 0: the reactor reads nothing. */
  readonly receive: number;
  onDrain: ((watch: Watch) => void) | undefined;
  /** Which of the batch's reads is for this watch and was not shown yet. */
  read = NO_READ;
  /** That of the event for which the read was made. */
  readiness = 0;
  /** Where in the slab the read put its bytes. */
  offset = 0;
  kept: KeptRead | undefined;
  /** Made when the kernel first takes less than it is given. */
  unsent: UnsentBytes | undefined;
  /** The error of the first send that has failed, until the handler is called. */
  failure: SystemError | undefined;
  /** Whether the reactor has this watch in its list of events that no batch brings. */
  isOwed = false;
  received = WOULD_BLOCK;
  receiveError: SystemError | undefined;
  sendError: SystemError | undefined;
  #memory: Uint8Array | undefined;
  #view: Uint8Array | undefined;

  constructor({ receive = 0, onDrain }: WatchOptions) {
    this.receive = receive;
    this.onDrain = onDrain;
  }

  get hasUnsent(): boolean {
    return this.unsent !== undefined && !this.unsent.isEmpty;
  }

  /** Whether a send has failed that others must not follow: a stream of bytes would have a gap. */
  get isBroken(): boolean {
    return this.failure !== undefined && this.unsent?.isStream === true;
  }

  /** The bytes that are shown. The view is made when it is first asked for. */
  get buffer(): Uint8Array {
    if (this.received <= 0) return NOTHING;
    const memory = this.#memory!;
    return (this.#view ??= new Uint8Array(memory.buffer as ArrayBuffer, this.offset, this.received));
  }

  /** The slab, if `bytes` is the view of it that `buffer` has made. */
  slabOf(bytes: unknown): Uint8Array | undefined {
    return bytes === this.#view ? this.#memory : undefined;
  }

  /** Shows the result of the read whose bytes are in `slab`. */
  show(received: number, error: SystemError | undefined, slab: Uint8Array): void {
    this.received = received;
    this.receiveError = error;
    this.#memory = slab;
  }

  /** Shows what was kept. It is then no longer kept. */
  showKept(): void {
    const { received, error, bytes } = this.kept!;
    this.received = received;
    this.receiveError = error;
    this.#view = bytes;
    this.kept = undefined;
  }

  /** Shows the error of a send, if one has failed. */
  showFailure(): void {
    this.sendError = this.failure;
    this.failure = undefined;
  }

  /** The handler has returned. */
  hide(): void {
    this.received = WOULD_BLOCK;
    this.receiveError = this.sendError = this.#memory = this.#view = undefined;
  }

  /** The watch has ended: what is kept or unsent is dropped. */
  end(): void {
    this.read = NO_READ;
    this.kept = this.failure = this.unsent = undefined;
  }
}

import type { Domain } from 'node:domain';
import { notSupported } from '../errors.js';
import { nowMs } from '../addon/clock.js';
import { clearTimer, setTimer } from '../host.js';
import type { NativePoller } from '../poller/native-poller.js';
import type { Batch } from '../poller.js';
import type { WaiterName } from './reactor-options.js';

/**
 * So many deliveries in a row without an event mean that the poller stays ready for a registration that this reactor
 * does not serve: its number was closed while a duplicate is open (epoll(7)), or the owner of a given poller made it.
 */
const MOST_FRUITLESS = 16;
const REST_MS = 1;
/** A rest that lasts longer has lost its timer (to a fake clock). */
const LOST_MS = 100;

/**
 * Delivers the batches of a poller in the host's event loop. It rests where the poller stays ready without an event.
 */
export class HostLoop<Data> {
  readonly waiter: WaiterName;
  readonly #poller: NativePoller<Data>;
  readonly #deliver: (batch: Batch<Data>) => boolean;
  readonly #onLost: () => void;
  #fruitless = 0;
  #rest: NodeJS.Timeout | undefined;
  #restMs = 0;
  #isHeld = false;
  #isClosed = false;
  #isRef = false;

  /**
   * `deliver` says whether any event in the batch was for the reactor. `onLost` is called when somebody else has closed
   * the poller.
   */
  constructor(
    poller: NativePoller<Data>,
    waiter: 'auto' | WaiterName,
    deliver: (batch: Batch<Data>) => boolean,
    onLost: () => void,
  ) {
    this.#poller = poller;
    this.#deliver = deliver;
    this.#onLost = onLost;
    this.waiter = outsideDomains(() => this.#open(waiter));
  }

  ref(on: boolean): void {
    if (on === this.#isRef || this.#isClosed) return;
    this.#isRef = on;
    this.#poller.refHostPoll(on);
    // During a rest only the timer can keep the process alive.
    if (on) this.#rest?.ref?.();
  }

  close(): void {
    this.#isClosed = true;
    clearTimer(this.#rest);
    this.#poller.closeHostPoll();
  }

  /**
   * Stops the deliveries between a batch and the changes of interest that follow from it: a waiting thread would see
   * again what the batch has reported. libuv polls only after these changes.
   */
  hold(on: boolean): void {
    if (on === this.#isHeld || this.waiter === 'uv') return;
    this.#isHeld = on;
    if (this.#isOpen) this.#poller.holdHostPoll(on);
  }

  /** Ends a rest whose timer was lost. */
  missNothing(): void {
    if (this.#rest !== undefined && nowMs() - this.#restMs > LOST_MS) this.#endRest();
  }

  #open(waiter: 'auto' | WaiterName): WaiterName {
    const onBatch = (batch: Batch<Data> | undefined): void => this.#take(batch);
    if (waiter !== 'thread') {
      try {
        this.#poller.openHostPoll(false, onBatch);
        return 'uv';
      } catch (error) {
        // ENOTSUP: no libuv. EPERM: a kernel whose poller cannot be polled by libuv's.
        const { code } = error as NodeJS.ErrnoException;
        if (waiter === 'uv' && code === 'ENOTSUP') {
          throw notSupported('The waiter "uv" is not supported here: the host exports no uv_poll_*');
        }
        if (waiter === 'uv' || (code !== 'ENOTSUP' && code !== 'EPERM')) throw error;
      }
    }
    this.#poller.openHostPoll(true, onBatch);
    return 'thread';
  }

  #take(batch: Batch<Data> | undefined): void {
    if (batch === undefined) return this.#onLost();
    if (this.#deliver(batch)) {
      this.#fruitless = 0;
    } else if (++this.#fruitless >= MOST_FRUITLESS) {
      this.#takeRest();
    }
  }

  #takeRest(): void {
    this.missNothing();
    if (this.#rest !== undefined) return;
    this.#restMs = nowMs();
    this.#rest = setTimer(() => this.#endRest(), REST_MS);
    if (!this.#isRef) this.#rest.unref?.();
    if (this.#isOpen) this.#poller.pauseHostPoll(true);
  }

  #endRest(): void {
    clearTimer(this.#rest);
    this.#rest = undefined;
    if (this.#isOpen) this.#poller.pauseHostPoll(false);
  }

  get #isOpen(): boolean {
    return !this.#isClosed && !this.#poller.closed;
  }
}

/** Calls `act` without a domain: the batches of a reactor belong to all its users, not to the domain of one of them. */
function outsideDomains<T>(act: () => T): T {
  const host = process as { domain?: Domain | null | undefined };
  const { domain } = host;
  if (domain === undefined || domain === null) return act();
  host.domain = undefined;
  try {
    return act();
  } finally {
    host.domain = domain;
  }
}

import type { NativePoller } from '../native-poller.js';
import type { Batch } from '../poller.js';

/** How the host's event loop learns that a poller is ready; see `ReactorOptions.waiter`. */
export type WaiterName = 'uv' | 'thread';

/**
 * A look that finds nothing, so many times in a row, means that the poller's descriptor stays ready
 * for a registration that nobody can reach: its number was closed while a duplicate lives (epoll(7)).
 */
const MOST_FRUITLESS = 16;
const REST_MS = 1;

/** Bun exports libuv's functions and aborts when they are called; Deno calls back once. */
function hasLibuvLoop(): boolean {
  return process.versions['bun'] === undefined && process.versions['deno'] === undefined;
}

function chooseWaiter(waiter: 'auto' | WaiterName): 'auto' | WaiterName {
  if (waiter !== 'auto') return waiter;
  const wished = process.env['POLLUX_WAITER'];
  if (wished === 'uv' || wished === 'thread') return wished;
  return hasLibuvLoop() ? 'auto' : 'thread';
}

/** Delivers the batches of a poller in the host's event loop, without spinning. */
export class HostLoop<Data> {
  readonly waiter: WaiterName;
  readonly #poller: NativePoller<Data>;
  readonly #deliver: (batch: Batch<Data>) => void;
  readonly #onLost: () => void;
  #fruitless = 0;
  #rest: NodeJS.Timeout | undefined;
  #isRef = false;

  /** `onLost` is called when the poller was closed by somebody else. */
  constructor(
    poller: NativePoller<Data>,
    waiter: 'auto' | WaiterName,
    deliver: (batch: Batch<Data>) => void,
    onLost: () => void,
  ) {
    this.#poller = poller;
    this.#deliver = deliver;
    this.#onLost = onLost;
    this.waiter = this.#open(chooseWaiter(waiter));
  }

  ref(on: boolean): void {
    if (on === this.#isRef) return;
    this.#isRef = on;
    this.#poller.refHostPoll(on);
    if (on) this.#rest?.ref();
    else this.#rest?.unref();
  }

  close(): void {
    clearTimeout(this.#rest);
    this.#poller.closeHostPoll();
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
        if (waiter === 'uv' || (code !== 'ENOTSUP' && code !== 'EPERM')) throw error;
      }
    }
    this.#poller.openHostPoll(true, onBatch);
    return 'thread';
  }

  #take(batch: Batch<Data> | undefined): void {
    if (batch === undefined) return this.#onLost();
    if (batch.length > 0 || batch.woken) {
      this.#fruitless = 0;
      this.#deliver(batch);
    } else if (++this.#fruitless >= MOST_FRUITLESS) {
      this.#takeRest();
    }
  }

  #takeRest(): void {
    this.#poller.pauseHostPoll(true);
    this.#rest = setTimeout(() => {
      this.#rest = undefined;
      if (!this.#poller.closed) this.#poller.pauseHostPoll(false);
    }, REST_MS);
    if (!this.#isRef) this.#rest.unref();
  }
}

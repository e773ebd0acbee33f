import { checkFunction, checkInteger, checkOptions, type NamesOf } from '../arguments.js';
import type { Watch } from './watch.js';

const MOST_RECEIVE = 2 ** 24;

export interface WatchOptions {
  /**
   * The reactor makes one read of up to so many bytes before it calls the handler for an event with READABLE: 1 …
   * 16 777 216. The reads of all such watches of a batch are made in one crossing from JavaScript to the system. The
   * handler finds the result in `watch.received` and the bytes in `watch.buffer`. The descriptor must be in
   * non-blocking mode. Without this option the reactor reads nothing.
   */
  receive?: number | undefined;
  /** The first value of `watch.onDrain`. */
  onDrain?: ((watch: Watch) => void) | undefined;
}

const NAMES: NamesOf<WatchOptions> = { receive: true, onDrain: true };

/** Throws unless `options` are valid. */
export function checkWatchOptions(options: WatchOptions): void {
  checkOptions(options, NAMES);
  const { receive, onDrain } = options;
  if (receive !== undefined) checkInteger(receive, 'options.receive', 1, MOST_RECEIVE);
  if (onDrain !== undefined) checkFunction(onDrain, 'options.onDrain');
}

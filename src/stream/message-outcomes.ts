import type { SystemError } from '../errors.js';
import { nextTick } from '../host.js';
import type { DescriptorTraits } from './descriptor-traits.js';

type Callback = (error?: Error | null) => void;

/** One message is too long: the next one may fit. */
const OF_ANY_MESSAGE: ReadonlySet<string> = new Set(['EMSGSIZE']);
/**
 * What became of a datagram, or what an ICMP message or the interface said of an earlier one; netlink(7): ENOBUFS,
 * messages were lost. Linux and the BSDs report each of them once, to the next call of the socket.
 */
const OF_A_DATAGRAM: ReadonlySet<string> = new Set([
  'EMSGSIZE',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETRESET',
  'ENETUNREACH',
  'ENOBUFS',
  'ENONET',
  'ENOPROTOOPT',
  'EPROTO',
]);
/** send(2): a firewall, the address, the contents or the missing peer of one datagram. */
const OF_SENDING: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EINVAL', 'ENOTCONN', 'EDESTADDRREQ']);

/** Whether `error` of reading or writing concerns one message, so that the next one may succeed. */
export function concernsOneMessage(error: unknown, traits: DescriptorTraits, isSending: boolean): boolean {
  const { code } = error as SystemError;
  if (!traits.isDatagram) return isSending && traits.keepsMessages && OF_ANY_MESSAGE.has(code);
  return OF_A_DATAGRAM.has(code) || (isSending && OF_SENDING.has(code));
}

/**
 * Tells the callback of each write of a message its own outcome. A Writable would be destroyed by the error of one
 * write; here the Writable hears of success, and the callback of the error.
 */
export class MessageOutcomes {
  /** How many messages the Writable has accepted, and how many of these the kernel was asked to take. */
  #accepted = 0;
  #tried = 0;
  /** The messages that have a callback, by their number. */
  readonly #awaited = new Set<number>();
  readonly #failures = new Map<number, Error>();
  readonly #onLoss: (error: Error) => void;

  /** `onLoss` is called, in a tick, with the error of a message that has no callback. */
  constructor(onLoss: (error: Error) => void) {
    this.#onLoss = onLoss;
  }

  /** Calls `write` with the callback for the Writable, which accepts a message. */
  accept(callback: Callback | undefined, write: (callback: Callback | undefined) => boolean): boolean {
    const number = this.#accepted++;
    try {
      return write(callback === undefined ? undefined : this.#forWritable(callback, number));
    } catch (error) {
      // The Writable refuses what is no message, before it does anything else.
      this.#accepted--;
      this.#awaited.delete(number);
      throw error;
    }
  }

  /** `callback` of the message `number`, for a Writable that knows of no failure. */
  #forWritable(callback: Callback, number: number): Callback {
    this.#awaited.add(number);
    return (error) => {
      const failure = error ?? this.#failures.get(number);
      this.#awaited.delete(number);
      this.#failures.delete(number);
      callback(failure);
    };
  }

  /** The kernel has taken the next message, or refused it with `error`. */
  settle(error?: Error): void {
    const number = this.#tried++;
    if (error === undefined) return;
    if (this.#awaited.has(number)) this.#failures.set(number, error);
    else nextTick(() => this.#onLoss(error));
  }
}

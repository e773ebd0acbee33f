/** read(2) or accept(2) will not return EAGAIN: there is data, a connection, the end of the file, or an error. */
export const READABLE = 0x01;
/**
 * write(2) will not return EAGAIN, or a connect is finished: there is space, or an error. One exception: with HANGUP a
 * pseudoterminal may return EAGAIN for ever.
 */
export const WRITABLE = 0x02;
/** Urgent data: TCP out-of-band, a GPIO edge, a sysfs attribute. Capability `priority`. */
export const PRIORITY = 0x04;
/** The peer will send nothing more after what is buffered. A registration for READABLE gets it without asking. */
export const READ_CLOSED = 0x08;
/** Both directions are finished, or the device is gone. It is reported without being asked for. */
export const HANGUP = 0x10;
/** An error is pending; `sys.takeError(fd)` says which. It is reported without being asked for. */
export const ERROR = 0x20;

/** The default mode: readiness is reported by every wait while it lasts. */
export const LEVEL = 0;
/** Readiness is reported when it begins; read or write until `WOULD_BLOCK`. */
export const EDGE = 0x100;
/** Readiness is reported once; the registration is then disarmed in both directions until `modify()`. */
export const ONESHOT = 0x200;
/**
 * Wake at least one, not necessarily all, of several pollers that watch the same open file (epoll_ctl(2),
 * EPOLLEXCLUSIVE). For `add()` only, not together with ONESHOT, PRIORITY or READ_CLOSED. Capability `exclusive`.
 * READ_CLOSED is not reported beside READABLE then: the kernel refuses the combination.
 */
export const EXCLUSIVE = 0x400;

/** The bits that the addon numbers alike. */
export const BITS = {
  READABLE,
  WRITABLE,
  PRIORITY,
  READ_CLOSED,
  HANGUP,
  ERROR,
  EDGE,
  ONESHOT,
  EXCLUSIVE,
} as const;

const ASKABLE = READABLE | WRITABLE | PRIORITY | READ_CLOSED;
const MODES = EDGE | ONESHOT | EXCLUSIVE;

/** The bits of `interest` that ask for readiness, without those that are modes. */
export function readinessBits(interest: number): number {
  return interest & ASKABLE;
}

/** The readiness bits that may be reported for `interest`. */
export function deliverableBits(interest: number): number {
  const asked = readinessBits(interest);
  if (asked === 0) return 0;
  return asked | HANGUP | ERROR | ((asked & READABLE) !== 0 ? READ_CLOSED : 0);
}

const NAMES = Object.entries(BITS) as ReadonlyArray<[name: string, bit: number]>;

/** `READABLE|HANGUP` for 0x11: the names of the bits, for messages and logs. */
export function describeBits(bits: number): string {
  const known = NAMES.filter(([, bit]) => (bits & bit) !== 0);
  const rest = known.reduce((left, [, bit]) => left & ~bit, bits);
  const parts = known.map(([name]) => name);
  if (rest !== 0) parts.push(`0x${(rest >>> 0).toString(16)}`);
  return parts.length === 0 ? '0' : parts.join('|');
}

/** The bits that need a capability of the poller, and the name of the capability in `Capabilities`. */
const CAPABILITIES = [
  ['edge', EDGE],
  ['oneshot', ONESHOT],
  ['priority', PRIORITY],
  ['exclusive', EXCLUSIVE],
  ['readClosed', READ_CLOSED],
] as const;
type Capability = (typeof CAPABILITIES)[number][0];

/** The bits that a poller with `capabilities` refuses. */
export function bitsWithout(capabilities: Readonly<Record<Capability, boolean>>): number {
  return CAPABILITIES.reduce((bits, [name, bit]) => (capabilities[name] ? bits : bits | bit), 0);
}

/** The capability that `bits` need; the first one where they need several. */
export function capabilityFor(bits: number): Capability | undefined {
  return CAPABILITIES.find(([, bit]) => (bits & bit) !== 0)?.[0];
}

/** Why the number `interest` is not a valid interest; undefined where it is. */
export function objectionTo(interest: number, forModify: boolean): string | undefined {
  if ((interest | 0) !== interest) return 'must be an integer made of the interest and mode bits';
  if ((interest & ~(ASKABLE | MODES)) !== 0) {
    return (interest & (HANGUP | ERROR)) !== 0
      ? 'must not contain HANGUP or ERROR: they are reported without being asked for'
      : 'must not contain unknown bits';
  }
  if ((interest & EXCLUSIVE) === 0) return undefined;
  if (forModify) return 'must not contain EXCLUSIVE: it is for add() only';
  if ((interest & (ONESHOT | PRIORITY | READ_CLOSED)) !== 0) {
    return 'must not combine EXCLUSIVE with ONESHOT, PRIORITY or READ_CLOSED';
  }
  return undefined;
}

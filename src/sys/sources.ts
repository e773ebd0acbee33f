import { sysBinding } from '../addon/binding.js';
import type { WOULD_BLOCK } from '../addon/exports.js';
import { checkDuration, checkFd, checkInteger, checkOptions, type NamesOf } from '../arguments.js';
import { invalidType, invalidValue, outOfRange } from '../errors.js';
import { supported } from './errors.js';
import { handedOut } from './remembered-numbers.js';

/** As `TimerClock` of native/common/source_calls.h. */
const CLOCKS = ['monotonic', 'realtime', 'boottime'] as const;

/** Options of `openTimer()`. */
export interface TimerOptions {
  /**
   * `'monotonic'` (the default) cannot be set and may stand still while the machine sleeps; `'realtime'` is the time of
   * day, which `Date` shows; `'boottime'` (Linux) is monotonic and goes on while the machine sleeps.
   */
  readonly clock?: (typeof CLOCKS)[number] | undefined;
}
const TIMER_OPTIONS: NamesOf<TimerOptions> = { clock: true };

/** When a timer expires. Fractions of milliseconds count; kqueue rounds up to whole ones on some kernels. */
export interface TimerSetting {
  /** Milliseconds from now; 0: at once. */
  readonly afterMs?: number | undefined;
  /**
   * A point in time of the timer's clock, in milliseconds: for `'realtime'` as `Date.now()` returns it, for
   * `'monotonic'` as `process.hrtime()` counts. A point that has passed: at once.
   */
  readonly atMs?: number | undefined;
  /**
   * The period, in milliseconds. The timer expires for the first time after `afterMs` or at `atMs`, or without these
   * after one period.
   */
  readonly everyMs?: number | undefined;
}
const SETTING: NamesOf<TimerSetting> = { afterMs: true, atMs: true, everyMs: true };

/** The longest time, and the latest: 285,000 years. */
const MOST_MS = Number.MAX_SAFE_INTEGER;

/**
 * Makes a timer, a descriptor that is readable when the timer has expired: timerfd_create(2), or a kqueue with
 * EVFILT_TIMER. It does not run until `setTimer()`. Close it with `close()`.
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`.
 * @throws Error `ERR_NOT_SUPPORTED`: this kernel has no timer of that clock.
 * @throws SystemError `EMFILE`, `ENFILE`: no descriptor is left. `ENOMEM`.
 */
export function openTimer(options: TimerOptions = {}): number {
  checkOptions(options, TIMER_OPTIONS);
  const { clock = 'monotonic' } = options;
  if (typeof clock !== 'string') throw invalidType('options.clock', 'of type string', clock);
  const index = CLOCKS.indexOf(clock);
  if (index < 0) throw invalidValue('options.clock', `must be one of ${CLOCKS.join(', ')}`, clock, CLOCKS);
  return handedOut(supported(sysBinding().openTimer(index), `timers of the clock '${clock}'`));
}

/**
 * Sets when a timer expires, and replaces the former setting; expirations that were not read are forgotten. `{}` stops
 * it. A timer expires late on a busy machine, and never early.
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`; `ERR_INVALID_ARG_VALUE`: an unknown name, or both `afterMs` and `atMs`.
 * @throws RangeError `ERR_OUT_OF_RANGE`: a time that is negative, no finite number, or beyond 2⁵³ ms; an `everyMs` of
 * 0.
 * @throws SystemError `EINVAL`: `fd` is no timer. `EBADF`.
 */
export function setTimer(fd: number, setting: TimerSetting): void {
  checkFd(fd);
  checkOptions(setting, SETTING, 'setting');
  const { afterMs, atMs, everyMs } = setting;
  if (afterMs !== undefined) checkTime(afterMs, 'setting.afterMs');
  if (atMs !== undefined) checkTime(atMs, 'setting.atMs');
  if (everyMs !== undefined) checkTime(everyMs, 'setting.everyMs');
  if (everyMs === 0) throw outOfRange('setting.everyMs', 'must be more than 0', everyMs);
  if (afterMs !== undefined && atMs !== undefined)
    throw invalidValue('setting', 'must not have both afterMs and atMs', setting);
  const firstMs = atMs ?? afterMs ?? everyMs;
  const first = firstMs === undefined ? 0 : nanosecondsOf(firstMs);
  const period = everyMs === undefined ? 0 : nanosecondsOf(everyMs);
  sysBinding().setTimer(
    fd,
    firstMs === undefined ? 0 : secondsOf(firstMs),
    firstMs === 0 ? 1 : first, // 0 and 0 would stop the timer
    atMs !== undefined,
    everyMs === undefined ? 0 : secondsOf(everyMs),
    period,
  );
}

function checkTime(ms: unknown, name: string): void {
  checkDuration(ms, name);
  if (ms > MOST_MS) throw outOfRange(name, `must be <= ${MOST_MS}`, ms);
}

const NS_PER_SECOND = 1e9;

/** The whole seconds of a time that is rounded up to nanoseconds. */
function secondsOf(ms: number): number {
  const seconds = Math.floor(ms / 1000);
  return Math.ceil((ms - seconds * 1000) * 1e6) >= NS_PER_SECOND ? seconds + 1 : seconds;
}

/** The nanoseconds beyond its whole seconds. */
function nanosecondsOf(ms: number): number {
  return Math.ceil((ms - Math.floor(ms / 1000) * 1000) * 1e6) % NS_PER_SECOND;
}

/**
 * How often a timer has expired since the last call, or since `setTimer()`; `WOULD_BLOCK` when it has not. On kqueue a
 * timer that was reported may return `WOULD_BLOCK`: the kernel has reported it early, and it becomes readable again in
 * time.
 *
 * Read the timer whenever it is reported: with EDGE a periodic timer that nobody reads is reported once on kqueue.
 *
 * @throws SystemError `EINVAL`: `fd` is no timer. `EBADF`.
 */
export function readTimer(fd: number): number {
  checkFd(fd);
  return sysBinding().readTimer(fd);
}

/**
 * Makes an event, a counter with a descriptor that is readable while the count is not 0: eventfd(2), or a kqueue with
 * EVFILT_USER. Any thread of the process may add to it. Close it with `close()`.
 *
 * Each `addToEvent()` is an edge, also while the count is not 0. On NetBSD before 10 and OpenBSD before 7.7 it takes
 * effect a tick of the clock later, 20 ms at most.
 *
 * @param initial 0 … 2³²−1.
 * @throws TypeError `ERR_INVALID_ARG_TYPE`. RangeError `ERR_OUT_OF_RANGE`.
 * @throws SystemError `EMFILE`, `ENFILE`: no descriptor is left. `ENOMEM`.
 */
export function openEvent(initial = 0): number {
  checkInteger(initial, 'initial', 0, 0xffffffff);
  return handedOut(sysBinding().openEvent(initial));
}

/**
 * Adds to the count of an event. Returns 0, or `WOULD_BLOCK` where the count would exceed 2⁶⁴−2: nothing is added then.
 *
 * @param count 0 … 2⁵³−1; 0 changes nothing.
 * @throws TypeError `ERR_INVALID_ARG_TYPE`. RangeError `ERR_OUT_OF_RANGE`.
 * @throws SystemError `EINVAL`: `fd` is no event. `EBADF`.
 */
export function addToEvent(fd: number, count: number): 0 | typeof WOULD_BLOCK {
  checkFd(fd);
  checkInteger(count, 'count', 0, Number.MAX_SAFE_INTEGER);
  return sysBinding().addToEvent(fd, count) as 0 | typeof WOULD_BLOCK;
}

/**
 * Takes the count of an event, which is 0 from then on; `WOULD_BLOCK` where it is 0 already. Beyond 2⁵³ the number is
 * the nearest that JavaScript has.
 *
 * @throws SystemError `EINVAL`: `fd` is no event. `EBADF`.
 */
export function readEvent(fd: number): number {
  checkFd(fd);
  return sysBinding().readEvent(fd);
}

/**
 * A descriptor that is readable once the process `pid` has ended, whether it is a child or not: pidfd_open(2), or a
 * kqueue with EVFILT_PROC. It stays readable and there is nothing to read. It stands for this process until it is
 * closed, also when the number of the process is given to another.
 *
 * A process that has ended but has not been waited for by its parent counts as ended on Linux and FreeBSD, and as
 * `ESRCH` on macOS, NetBSD and OpenBSD.
 *
 * @param pid 1 … 2³¹−1.
 * @throws TypeError `ERR_INVALID_ARG_TYPE`. RangeError `ERR_OUT_OF_RANGE`.
 * @throws Error `ERR_NOT_SUPPORTED`: Linux before 5.3.
 * @throws SystemError `ESRCH`: there is no such process. `EINVAL`: the number of a thread that is not the first of its
 *   process (`ENOENT` since Linux 6.13). `EACCES`, `EPERM`: this process may not know. `EMFILE`, `ENFILE`, `ENOMEM`.
 */
export function openProcess(pid: number): number {
  checkInteger(pid, 'pid', 1, 0x7fffffff);
  return handedOut(supported(sysBinding().openProcess(pid), 'descriptors of processes'));
}

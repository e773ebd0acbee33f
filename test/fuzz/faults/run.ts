import { readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { EDGE, EXCLUSIVE, ONESHOT, READABLE, READ_CLOSED, WRITABLE, createPoller, type Poller } from 'pollux';
import * as sys from 'pollux/sys';
import { kernelTable } from '../../support/kernel.js';
import { Finding, codeOf } from '../finding.js';
import type { Fuzzer, Operation, Outcome } from '../fuzzer.js';
import { Random } from '../random.js';
import { faults, type Call } from './calls.js';

const OPERATIONS = 80;
const PLACES = 5;
const INTERESTS = [
  READABLE,
  WRITABLE,
  READABLE | EDGE,
  READABLE | WRITABLE | ONESHOT,
  0,
  READ_CLOSED,
  READABLE | EXCLUSIVE,
  WRITABLE | EXCLUSIVE | EDGE,
];
const CHANGES = ['add', 'modify', 'remove'] as const;
const REFUSALS = ['ENOMEM', 'ENOSPC', 'ELOOP', 'EINTR'] as const;
const OPENING: readonly Call[] = ['epoll_create1', 'eventfd', 'epoll_ctl', 'malloc', 'calloc'];
const WAITING: ReadonlyArray<readonly [Call, keyof typeof constants.errno]> = [
  ['epoll_pwait2', 'EINTR'],
  ['epoll_wait', 'EINTR'],
  ['epoll_pwait2', 'ENOMEM'],
  ['epoll_wait', 'ENOMEM'],
];

/** Sequences in which the nth system call or allocation of the addon fails; then registry and kernel have to agree. */
export function faultsFuzzer(): Fuzzer {
  return {
    run: (seed, tell) => {
      const operations = draw(new Random(seed));
      if (tell !== undefined) operations.forEach(tell);
      return play(operations);
    },
    replay: play,
    print: (operations) => operations.map((step) => JSON.stringify(step)).join('\n'),
    end: () => {},
  };
}

function draw(random: Random): Operation[] {
  const names = ['add', 'add', 'modify', 'modify', 'remove', 'wait', 'open', 'wake', 'close'];
  return Array.from(
    { length: OPERATIONS },
    () =>
      [
        random.pick(names),
        random.below(PLACES),
        random.below(INTERESTS.length),
        random.below(3),
        random.below(4),
        1 + random.below(2),
      ] as const,
  );
}

function play(operations: readonly Operation[]): Outcome {
  faults.clear();
  const before = countDescriptors();
  const episode = new Episode();
  let finding: Finding | undefined;
  try {
    for (const operation of operations) {
      episode.make(operation);
      faults.clear();
      episode.compare(operation[0]);
    }
  } catch (error) {
    finding = error instanceof Finding ? error : new Finding('crash', String((error as Error).stack));
  }
  faults.clear();
  episode.end();
  const left = countDescriptors() - before;
  if (left > 0) finding ??= new Finding('leak', `${left} descriptors stay open`);
  return { operations, finding };
}

/** One poller, the registrations that it should have, and those that the kernel has. */
class Episode {
  readonly #poller: Poller = createPoller({ capacity: 4 });
  readonly #own = new Set(kernelTable(this.#poller).keys());
  readonly #pairs = Array.from({ length: PLACES }, () => sys.socketPair());
  readonly #known = new Map<number, number>();

  make([name, place = 0, interest = 0, nth = 0, errno = 0, times = 1]: Operation): void {
    const fd = this.#pairs[place]![0];
    if (name === 'open') return this.#open(nth, errno, times);
    if (name === 'wait') return this.#wait(nth, errno, times);
    if (name === 'close') return this.#replace(place);
    if (name === 'wake') return this.#wake(times);
    if (!CHANGES.includes(name as 'add')) return;
    const asked = INTERESTS[interest]!;
    // With nth 0 no call fails.
    if (nth > 0)
      faults.fail({
        call: errno === 3 ? 'calloc' : 'epoll_ctl',
        errno: constants.errno[REFUSALS[errno % 3]!],
        nth,
        times,
      });
    const isDone = this.#attempt(() => {
      if (name === 'add') this.#poller.add(fd, asked);
      else if (name === 'modify') this.#poller.modify(fd, asked & ~EXCLUSIVE);
      else this.#poller.remove(fd);
    });
    if (!isDone) return;
    if (name === 'remove') this.#known.delete(fd);
    else this.#known.set(fd, name === 'add' ? asked : (asked & ~EXCLUSIVE) | (this.#known.get(fd)! & EXCLUSIVE));
  }

  /** Compares both tables with what they should be: a failed call changes nothing, a successful one changes both. */
  compare(name: string): void {
    const table = kernelTable(this.#poller);
    const inKernel = [...table.keys()].filter((fd) => !this.#own.has(fd)).sort((a, b) => a - b);
    const known = [...this.#known.keys()].sort((a, b) => a - b);
    if (inKernel.join() !== known.join())
      throw new Finding('kernel', `after ${name} the kernel has [${inKernel.join()}], expected [${known.join()}]`);
    if (this.#poller.size !== known.length)
      throw new Finding('size', `after ${name} size is ${this.#poller.size}, expected ${known.length}`);
    for (const [fd, interest] of this.#known) {
      if (!this.#poller.has(fd)) throw new Finding('has', `after ${name} ${fd} is not registered`);
      const isExclusive = (parseInt(table.get(fd)!, 16) & (1 << 28)) !== 0;
      const isAsked = (interest & EXCLUSIVE) !== 0 && (interest & 0x0f) !== 0;
      if (isExclusive !== isAsked)
        throw new Finding('exclusive', `after ${name} the kernel has ${fd} as ${table.get(fd)}`);
    }
  }

  end(): void {
    this.#poller.close();
    for (const pair of this.#pairs) for (const fd of pair) sys.close(fd);
  }

  /** Opens a poller. If that fails nothing may stay open; if it succeeds the poller is closed at once. */
  #open(nth: number, which: number, times: number): void {
    const before = countDescriptors();
    faults.fail({ call: OPENING[which % OPENING.length]!, errno: constants.errno.ENOMEM, nth: nth + 1, times });
    this.#attempt(() => createPoller().close());
    if (countDescriptors() !== before)
      throw new Finding('leak', 'a poller that was not opened leaves descriptors open');
  }

  #wait(nth: number, which: number, times: number): void {
    const [call, errno] = WAITING[which]!;
    faults.fail({ call, errno: constants.errno[errno], nth: nth + 1, times: times * 2 });
    try {
      this.#poller.wait(0);
    } catch (error) {
      if (errno === 'EINTR' || codeOf(error) !== errno) throw new Finding('code', `a wait ends with ${codeOf(error)}`);
    }
  }

  #wake(times: number): void {
    faults.fail({ call: 'write', errno: constants.errno.EINTR, nth: 1, times });
    this.#poller.wake();
    faults.clear();
    let isWoken = false;
    for (let look = 0; look < 4 && !isWoken; look++) isWoken = this.#poller.wait(0).woken;
    if (!isWoken) throw new Finding('lost wake', 'an interrupted wake wakes nobody');
  }

  /** Closes a pair without remove(), and opens another pair that gets its numbers. */
  #replace(place: number): void {
    const [fd, peer] = this.#pairs[place]!;
    sys.close(fd);
    sys.close(peer);
    this.#attempt(() => this.#poller.remove(fd));
    this.#known.delete(fd);
    this.#pairs[place] = sys.socketPair();
  }

  #attempt(call: () => void): boolean {
    try {
      call();
      return true;
    } catch {
      return false;
    }
  }
}

function countDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

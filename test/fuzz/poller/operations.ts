import { EDGE, EXCLUSIVE, ONESHOT, PRIORITY, READABLE, READ_CLOSED, WRITABLE } from 'pollux';
import { lackOf } from '../../support/facts.js';
import { describeBits } from '../bits.js';
import type { Random } from '../random.js';
import { BAD_CALLS } from './bad-calls.js';
import { POLLERS, POLLER_SLOT, type Episode } from './episode.js';
import type { FileKind } from './file.js';
import { SLOTS } from './world.js';

/** A kind of operation: how often it is drawn, its arguments, what it does, and how it is printed as JavaScript. */
export interface OperationKind {
  readonly weight: number;
  /** Draws arguments that make sense now; undefined if there are none. */
  draw(episode: Episode, random: Random): number[] | undefined;
  /**
   * Makes the operation. Does nothing if the arguments no longer make sense, as when earlier operations were left out.
   */
  run(episode: Episode, args: readonly number[]): void;
  print(args: readonly number[]): string;
}

const KINDS: ReadonlyArray<Exclude<FileKind, 'poller'>> = [
  'pipe',
  'pipe',
  'pipe',
  'stream',
  'stream',
  'stream',
  'dgram',
  'seqpacket',
  'tcp',
  'tcp',
  'udp',
  'fifo',
  'pty',
  'event',
  'listener',
  'fresh',
  'regular',
];
const CAPACITIES = [1, 1, 2, 3, 8, 64];
const LENGTHS = [1, 1, 100, 4096, 65536];
const DIRECTIONS = ['read', 'write', 'both'] as const;
const ASKED = [
  READABLE,
  READABLE,
  WRITABLE,
  READABLE | WRITABLE,
  READ_CLOSED,
  READABLE | READ_CLOSED,
  0,
  READABLE | WRITABLE | READ_CLOSED,
];
const MODES = [0, 0, EDGE, EDGE, ONESHOT, EDGE | ONESHOT];
const TIMEOUTS_MS = [0.05, 0.3, 1, 1.5];
const HAS_PRIORITY = lackOf('priority') === undefined;
const HAS_EXCLUSIVE = lackOf('exclusive') === undefined;

function drawInterest(random: Random): number {
  const asked = random.pick(ASKED) | (HAS_PRIORITY && random.once(8) ? PRIORITY : 0);
  const mode = random.pick(MODES);
  const isExclusive =
    HAS_EXCLUSIVE && random.once(10) && (asked & (PRIORITY | READ_CLOSED)) === 0 && (mode & ONESHOT) === 0;
  return asked | mode | (isExclusive ? EXCLUSIVE : 0);
}

function drawSlot(
  episode: Episode,
  random: Random,
  isWanted: (kind: FileKind) => boolean = () => true,
): number | undefined {
  const start = random.below(SLOTS);
  for (let step = 0; step < SLOTS; step++) {
    const index = (start + step) % SLOTS;
    const file = episode.slot(index)?.file;
    if (file !== undefined && isWanted(file.kind)) return index;
  }
  return undefined;
}

function drawEmpty(episode: Episode, random: Random, other = -1): number | undefined {
  const start = random.below(SLOTS);
  for (let step = 0; step < SLOTS; step++) {
    const index = (start + step) % SLOTS;
    if (index !== other && episode.slot(index) === undefined) return index;
  }
  return undefined;
}

function drawView(episode: Episode, random: Random): number | undefined {
  const start = random.below(POLLERS);
  for (let step = 0; step < POLLERS; step++)
    if (episode.views[(start + step) % POLLERS] !== undefined) return (start + step) % POLLERS;
  return undefined;
}

/** A number to register: from a slot, open or closed, or the descriptor of another poller. */
function drawTarget(episode: Episode, random: Random): number {
  if (random.once(20)) return POLLER_SLOT + random.below(POLLERS);
  if (random.once(8)) return random.below(SLOTS);
  return drawSlot(episode, random) ?? random.below(SLOTS);
}

/** An operation on a descriptor of some kinds, and one more number. */
function onSlot(
  weight: number,
  isFit: (kind: FileKind) => boolean,
  most: number,
  act: (episode: Episode, slot: number, extra: number) => void,
  print: (slot: string, extra: number) => string,
): OperationKind {
  return {
    weight,
    draw(episode, random) {
      const slot = drawSlot(episode, random, isFit);
      return slot === undefined ? undefined : [slot, random.below(most)];
    },
    run(episode, [slot, extra]) {
      const file = episode.slot(slot!)?.file;
      if (file !== undefined && isFit(file.kind)) act(episode, slot!, extra!);
    },
    print: ([slot, extra]) => print(`fds[${slot}]`, extra!),
  };
}

/** An operation that fills an empty slot from one that is open. */
function toEmpty(
  weight: number,
  isFit: (kind: FileKind) => boolean,
  act: (episode: Episode, from: number, to: number) => void,
  print: (from: number, to: number) => string,
): OperationKind {
  return {
    weight,
    draw(episode, random) {
      const from = drawSlot(episode, random, isFit);
      const to = drawEmpty(episode, random);
      return from === undefined || to === undefined ? undefined : [from, to];
    },
    run(episode, [from, to]) {
      const file = episode.slot(from!)?.file;
      if (file !== undefined && isFit(file.kind) && episode.slot(to!) === undefined) act(episode, from!, to!);
    },
    print: ([from, to]) => print(from!, to!),
  };
}

/** An operation on a poller and a number, open or not. */
function onTarget(
  weight: number,
  act: (episode: Episode, view: number, fd: number, interest: number, hasData: boolean) => void,
  print: (view: number, target: string, interest: string, hasData: boolean) => string,
): OperationKind {
  return {
    weight,
    draw(episode, random) {
      const view = drawView(episode, random);
      return view === undefined
        ? undefined
        : [view, drawTarget(episode, random), drawInterest(random), random.below(2)];
    },
    run(episode, [view, target, interest, hasData]) {
      if (episode.views[view!] === undefined) return;
      const fd = episode.numberAt(target!);
      if (fd >= 0 && !isForbidden(episode, fd, interest!) && !episode.isStranger(fd))
        act(episode, view!, fd, interest!, hasData === 1);
    },
    print: ([view, target, interest, hasData]) =>
      print(
        view!,
        target! < POLLER_SLOT ? `fds[${target}]` : `pollers[${target! - POLLER_SLOT}].fd`,
        describeBits(interest!),
        hasData === 1,
      ),
  };
}

/** EPOLLEXCLUSIVE of an epoll instance is EINVAL: epoll_ctl(2). */
function isForbidden(episode: Episode, fd: number, interest: number): boolean {
  return (interest & EXCLUSIVE) !== 0 && episode.world.fileOf(fd)?.kind === 'poller';
}

function onView(
  weight: number,
  most: number,
  act: (episode: Episode, view: number, extra: number) => void,
  print: (view: string, extra: number) => string,
): OperationKind {
  return {
    weight,
    draw(episode, random) {
      const view = drawView(episode, random);
      return view === undefined ? undefined : [view, random.below(most)];
    },
    run(episode, [view, extra]) {
      if (episode.views[view!] !== undefined) act(episode, view!, extra!);
    },
    print: ([view, extra]) => print(`pollers[${view}]`, extra!),
  };
}

const any = (): boolean => true;
const isData = (kind: FileKind): boolean => kind !== 'listener' && kind !== 'fresh' && kind !== 'regular';
const isTcp = (kind: FileKind): boolean => kind === 'tcp';
const isSocket = (kind: FileKind): boolean =>
  kind === 'stream' || kind === 'seqpacket' || kind === 'tcp' || kind === 'dgram' || kind === 'udp';

export const OPERATIONS: Readonly<Record<string, OperationKind>> = {
  open: {
    weight: 5,
    draw(episode, random) {
      const first = drawEmpty(episode, random);
      const second = first === undefined ? undefined : drawEmpty(episode, random, first);
      return second === undefined ? undefined : [random.below(KINDS.length), first!, second];
    },
    run(episode, [kind, first, second]) {
      if (episode.slot(first!) === undefined && episode.slot(second!) === undefined && first !== second)
        episode.world.open(KINDS[kind!]!, first!, second!);
    },
    print: ([kind, first, second]) => `[fds[${first}], fds[${second}] = -1] = open('${KINDS[kind!]!}');`,
  },
  openPoller: {
    weight: 1,
    draw(episode, random) {
      const index = random.below(POLLERS);
      return episode.views[index] === undefined ? [index, random.pick(CAPACITIES)] : undefined;
    },
    run(episode, [index, capacity]) {
      if (episode.views[index!] === undefined) episode.openPoller(index!, capacity!);
    },
    print: ([index, capacity]) => `pollers[${index}] = createPoller({ capacity: ${capacity} });`,
  },
  attach: {
    weight: 1,
    draw(episode, random) {
      const from = drawView(episode, random);
      const to = random.below(POLLERS);
      return from === undefined || !episode.canAttach || episode.views[to] !== undefined ? undefined : [from, to];
    },
    run(episode, [from, to]) {
      if (episode.canAttach && episode.views[from!] !== undefined && episode.views[to!] === undefined)
        episode.attach(from!, to!);
    },
    print: ([from, to]) => `pollers[${to}] = attachPoller(share(pollers[${from}]));`,
  },
  closePoller: onView(
    0.3,
    1,
    (episode, view) => episode.closePoller(view),
    (view) => `${view}.close();`,
  ),
  add: onTarget(
    14,
    (episode, view, fd, interest) => episode.add(view, fd, interest),
    (view, target, interest) => `attempt(() => pollers[${view}].add(${target}, ${interest}));`,
  ),
  modify: onTarget(
    10,
    (episode, view, fd, interest, hasData) => episode.modify(view, fd, interest & ~EXCLUSIVE, hasData),
    (view, target, interest) => `attempt(() => pollers[${view}].modify(${target}, (${interest}) & ~EXCLUSIVE));`,
  ),
  remove: onTarget(
    6,
    (episode, view, fd) => episode.remove(view, fd),
    (view, target) => `attempt(() => pollers[${view}].remove(${target}));`,
  ),
  write: onSlot(
    14,
    isData,
    LENGTHS.length,
    (episode, slot, size) => episode.world.write(episode.slot(slot)!, LENGTHS[size]!),
    (fd, size) => `attempt(() => sys.write(${fd}, Buffer.alloc(${LENGTHS[size]})));`,
  ),
  read: onSlot(
    10,
    isData,
    LENGTHS.length,
    (episode, slot, size) => episode.world.read(episode.slot(slot)!, LENGTHS[size]!),
    (fd, size) => `attempt(() => sys.read(${fd}, Buffer.alloc(${LENGTHS[size]})));`,
  ),
  drain: onSlot(
    6,
    isData,
    1,
    (episode, slot) => episode.world.drain(episode.slot(slot)!),
    (fd) => `attempt(() => { while (sys.read(${fd}, Buffer.alloc(65536)) > 0); });`,
  ),
  fill: onSlot(
    2,
    isData,
    1,
    (episode, slot) => episode.world.fill(episode.slot(slot)!),
    (fd) => `attempt(() => { while (sys.write(${fd}, Buffer.alloc(2048)) > 0); });`,
  ),
  close: onSlot(
    4,
    any,
    1,
    (episode, slot) => episode.world.close(episode.slot(slot)!),
    (fd) => `sys.close(${fd});`,
  ),
  reset: onSlot(
    1,
    isTcp,
    1,
    (episode, slot) => episode.world.reset(episode.slot(slot)!),
    (fd) => `sys.setOption(${fd}, 'linger', 0); sys.close(${fd});`,
  ),
  shutdown: onSlot(
    2,
    isSocket,
    3,
    (episode, slot, direction) => episode.world.shutdown(episode.slot(slot)!, DIRECTIONS[direction]!),
    (fd, direction) => `attempt(() => sys.shutdown(${fd}, '${DIRECTIONS[direction]}'));`,
  ),
  outOfBand: onSlot(
    1,
    isTcp,
    1,
    (episode, slot) => episode.world.sendOutOfBand(episode.slot(slot)!),
    (fd) => `attempt(() => sys.send(${fd}, Buffer.alloc(1), 0, 1, sys.MSG_OOB));`,
  ),
  takeError: onSlot(
    1,
    isSocket,
    1,
    (episode, slot) => episode.world.takeError(episode.slot(slot)!),
    (fd) => `attempt(() => sys.takeError(${fd}));`,
  ),
  dup: toEmpty(
    2,
    any,
    (episode, from, to) => episode.world.dup(episode.slot(from)!, to),
    (from, to) => `fds[${to}] = sys.dup(fds[${from}]);`,
  ),
  connect: toEmpty(
    2,
    (kind) => kind === 'listener',
    (episode, from, to) => episode.world.connect(episode.slot(from)!, to),
    (from, to) => `fds[${to}] = sys.socket('ipv4'); sys.connect(fds[${to}], sys.localAddress(fds[${from}]));`,
  ),
  accept: toEmpty(
    2,
    (kind) => kind === 'listener',
    (episode, from, to) => episode.world.accept(episode.slot(from)!, to),
    (from, to) => `fds[${to}] = sys.accept(fds[${from}]);`,
  ),
  dup2: {
    weight: 2,
    draw(episode, random) {
      const from = drawSlot(episode, random);
      const to = random.below(SLOTS);
      return from === undefined || from === to || episode.numberAt(to) < 0 ? undefined : [from, to];
    },
    run(episode, [from, to]) {
      const slot = episode.slot(from!);
      const target = episode.world.slots[to!]!;
      if (slot !== undefined && from !== to && target.fd >= 0 && target.fd !== slot.fd)
        episode.world.dup2(slot, target);
    },
    print: ([from, to]) => `dup2(fds[${from}], fds[${to}]);`,
  },
  wait: onView(
    40,
    1,
    (episode, view) => episode.views[view]!.look(0),
    (view) => `show(${view}.wait(0));`,
  ),
  pause: onView(
    0.1,
    TIMEOUTS_MS.length,
    (episode, view, index) => episode.views[view]!.look(TIMEOUTS_MS[index]!),
    (view, index) => `show(${view}.wait(${TIMEOUTS_MS[index]}));`,
  ),
  wake: onView(
    4,
    1,
    (episode, view) => episode.wake(view),
    (view) => `${view}.wake();`,
  ),
  refuse: onView(
    1,
    BAD_CALLS.length,
    (episode, view, index) => episode.refuse(view, BAD_CALLS[index]!.code, BAD_CALLS[index]!.call),
    (view, index) => `attempt(() => (${String(BAD_CALLS[index]!.call)})(${view}));`,
  ),
};

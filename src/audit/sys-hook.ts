import { sysBinding } from '../addon/binding.js';
import { SUBMISSION, WOULD_BLOCK } from '../addon/exports.js';

/** Who wants to know what `pollux/sys` and the streams do with descriptors. */
export interface SysObserver {
  /** −1: would block. `wanted` is 0 where a result of 0 is no end. */
  hasRead(fd: number, length: number, wanted: number): void;
  hasWritten(fd: number, length: number, wanted: number): void;
  /** takeError(), shutdown(), or a call that failed. */
  hasActed(fd: number): void;
  /** `fd` is about to be closed; the result is called when it is. */
  closing(fd: number): (() => void) | undefined;
}

type Call = (...args: never[]) => unknown;
type Watched = (args: readonly unknown[], result: unknown) => void;

let isInstalled = false;

/** From now on `observer` is told of each call in this thread. Installs what costs nothing where no audit is. */
export function observeSys(observer: SysObserver): void {
  if (isInstalled) return;
  isInstalled = true;
  const calls = sysBinding() as unknown as Record<string, Call>;
  for (const [name, watched] of Object.entries(watchedCalls(observer)))
    calls[name] = around(calls[name]!, watched, observer);
  const close = calls['close'] as (fd: number) => void;
  calls['close'] = ((fd: number): void => {
    const closed = observer.closing(fd);
    close(fd);
    closed?.();
  }) as Call;
  observeSubmissions(calls, observer);
}

/** A call that failed has told the program something: a listener without a free descriptor may try again later. */
function around(call: Call, watched: Watched, observer: SysObserver): Call {
  return ((...args: never[]): unknown => {
    let result: unknown;
    try {
      result = call(...args);
    } catch (error) {
      observer.hasActed(args[0]! as number);
      throw error;
    }
    watched(args, result);
    return result;
  }) as Call;
}

function watchedCalls(observer: SysObserver): Record<string, Watched> {
  const read =
    (length: (args: readonly unknown[]) => number): Watched =>
    (args, result) =>
      observer.hasRead(args[0] as number, asLength(result), length(args));
  const wrote =
    (length: (args: readonly unknown[]) => number): Watched =>
    (args, result) =>
      observer.hasWritten(args[0] as number, asLength(result), length(args));
  const acted: Watched = ([fd]) => observer.hasActed(fd as number);
  const fourth = (args: readonly unknown[]): number => args[3] as number;
  const ofList = ([, list]: readonly unknown[]): number =>
    (list as readonly Uint8Array[]).reduce((sum, { length }) => sum + length, 0);
  // A result of 0 is an empty message, or no bytes at all, and not an end.
  const noEnd = (): number => 0;
  const message = (args: readonly unknown[], result: unknown): void => {
    const length = asLength(result);
    observer.hasRead(args[0] as number, length === WOULD_BLOCK ? length : 1, 1);
  };
  return {
    read: read(fourth),
    recv: read(fourth),
    readv: read(ofList),
    accept: ([fd], result) => observer.hasRead(fd as number, result === WOULD_BLOCK ? WOULD_BLOCK : 1, 1),
    recvFrom: message,
    receiveMessage: message,
    receiveSegments: message,
    readTimer: message,
    readEvent: message,
    write: wrote(fourth),
    send: wrote(fourth),
    writev: wrote(ofList),
    sendTo: wrote(noEnd),
    sendMessage: wrote(noEnd),
    sendSegments: wrote(noEnd),
    addToEvent: wrote(noEnd),
    connect: wrote(noEnd),
    takeError: acted,
    shutdown: acted,
    sendFile: ([out, source, , count], result) => {
      observer.hasWritten(out as number, result as number, count as number);
      if (result !== WOULD_BLOCK) observer.hasRead(source as number, result as number, 0);
    },
    splice: ([source, , out], result) => {
      observer.hasRead(source as number, result as number, 1);
      observer.hasWritten(out as number, result as number, 0);
    },
  };
}

/** −1: would block; otherwise the bytes of a number or of a message. */
function asLength(result: unknown): number {
  if (typeof result === 'number') return result;
  return typeof result === 'object' && result !== null ? ((result as { length?: number }).length ?? 0) : 0;
}

function observeSubmissions(calls: Record<string, Call>, observer: SysObserver): void {
  const open = calls['openSubmissions'] as (memory: Int32Array) => object;
  const submit = calls['submit'] as (queue: object, first: number, end: number, ...rest: unknown[]) => void;
  const memories = new WeakMap<object, Int32Array>();
  calls['openSubmissions'] = ((memory: Int32Array): object => {
    const queue = open(memory);
    memories.set(queue, memory);
    return queue;
  }) as Call;
  calls['submit'] = ((queue: object, first: number, end: number, ...rest: unknown[]): void => {
    submit(queue, first, end, ...rest);
    const memory = memories.get(queue);
    if (memory !== undefined) for (let index = first; index < end; index++) tellCall(memory, index, observer);
  }) as Call;
}

function tellCall(memory: Int32Array, index: number, observer: SysObserver): void {
  const at = index * SUBMISSION.WORDS;
  const fd = memory[at + SUBMISSION.FD]!;
  const result = memory[at + SUBMISSION.RESULT]!;
  const length = memory[at + SUBMISSION.LENGTH]!;
  const isRead = memory[at + SUBMISSION.OPERATION]! % 2 === 0;
  if (result < WOULD_BLOCK) observer.hasActed(fd);
  else if (isRead) observer.hasRead(fd, result, length);
  else observer.hasWritten(fd, result, length);
}

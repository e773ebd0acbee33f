import type { Batch, Capabilities, Poller, PollerInspection, PollerOptions } from 'pollux';
import { type Row, RowsBatch, rowsOf } from './rows.js';

/** What one wait delivers. */
export interface Delivery {
  readonly rows: Row[];
  readonly woken: boolean;
}

/** The fault of a mutant. A method that is left out works as in the inner poller. */
export interface Mutation {
  readonly wrong: string;
  /** The options with which the inner poller is opened. */
  options?(options: PollerOptions): PollerOptions;
  open?(this: Mutant): void;
  add?(this: Mutant, fd: number, interest: number, data: unknown): void;
  modify?(this: Mutant, fd: number, interest: number, data: unknown): void;
  remove?(this: Mutant, fd: number): void;
  has?(this: Mutant, fd: number): boolean;
  size?(this: Mutant): number;
  wait?(this: Mutant, timeoutMs: number | undefined): Delivery;
  rows?(this: Mutant, rows: Row[], delivery: Delivery): Row[];
  woken?(this: Mutant, woken: boolean, rows: Row[]): boolean;
  batch?(this: Mutant, batch: Batch, rows: Row[]): Batch;
  wake?(this: Mutant): void;
  close?(this: Mutant): void;
  closed?(this: Mutant): boolean;
  fd?(this: Mutant): number;
  capabilities?(capabilities: Capabilities): Capabilities;
}

/** A poller over an inner poller, with the fault that `mutation` describes. */
export class Mutant implements Poller {
  readonly inner: Poller;
  readonly mutation: Mutation;
  readonly capacity: number;
  /** True for a mutant that attachPoller() has made, in another thread. */
  readonly isAttached: boolean;
  /** The interest of each registration, as the caller asked. */
  readonly interests = new Map<number, number>();
  /** State of the mutation. */
  readonly memory = new Map<unknown, unknown>();

  constructor(inner: Poller, mutation: Mutation, capacity: number, isAttached: boolean) {
    this.inner = inner;
    this.mutation = mutation;
    this.capacity = capacity;
    this.isAttached = isAttached;
    mutation.open?.call(this);
  }

  get backend(): string {
    return this.inner.backend;
  }

  get capabilities(): Capabilities {
    return this.mutation.capabilities?.(this.inner.capabilities) ?? this.inner.capabilities;
  }

  get fd(): number {
    return this.mutation.fd?.call(this) ?? this.inner.fd;
  }

  get size(): number {
    return this.mutation.size?.call(this) ?? this.inner.size;
  }

  get closed(): boolean {
    return this.mutation.closed?.call(this) ?? this.inner.closed;
  }

  add(fd: number, interest: number, data?: unknown): void {
    if (this.mutation.add === undefined) this.inner.add(fd, interest, data);
    else this.mutation.add.call(this, fd, interest, data);
    this.interests.set(fd, interest);
  }

  modify(fd: number, interest: number, data?: unknown): void {
    if (this.mutation.modify === undefined) this.inner.modify(fd, interest, data);
    else this.mutation.modify.call(this, fd, interest, data);
    this.interests.set(fd, interest);
  }

  remove(fd: number): void {
    if (this.mutation.remove === undefined) this.inner.remove(fd);
    else this.mutation.remove.call(this, fd);
    this.interests.delete(fd);
  }

  has(fd: number): boolean {
    return this.mutation.has?.call(this, fd) ?? this.inner.has(fd);
  }

  wait(timeoutMs?: number): Batch {
    const delivery = this.mutation.wait?.call(this, timeoutMs) ?? this.look(timeoutMs);
    const rows = this.mutation.rows?.call(this, delivery.rows, delivery) ?? delivery.rows;
    const woken = this.mutation.woken?.call(this, delivery.woken, rows) ?? delivery.woken;
    const batch = new RowsBatch(rows, woken);
    return this.mutation.batch?.call(this, batch, rows) ?? batch;
  }

  wake(): void {
    if (this.mutation.wake === undefined) this.inner.wake();
    else this.mutation.wake.call(this);
  }

  inspect(): PollerInspection {
    return this.inner.inspect();
  }

  close(): void {
    if (this.mutation.close === undefined) this.inner.close();
    else this.mutation.close.call(this);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** A wait of the inner poller. */
  look(timeoutMs?: number): Delivery {
    const batch = timeoutMs === undefined ? this.inner.wait() : this.inner.wait(timeoutMs);
    return { rows: rowsOf(batch), woken: batch.woken };
  }

  /** The interest of `fd`; 0 where there is none. */
  interestOf(fd: number): number {
    return this.interests.get(fd) ?? 0;
  }

  /** Adds 1 to a count and returns the count before. */
  count(what: unknown): number {
    const before = (this.memory.get(what) as number | undefined) ?? 0;
    this.memory.set(what, before + 1);
    return before;
  }
}

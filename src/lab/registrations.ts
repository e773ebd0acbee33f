import { createPoller } from '../index.js';
import { EDGE, ERROR, EXCLUSIVE, HANGUP, ONESHOT, PRIORITY, READABLE, READ_CLOSED, WRITABLE } from '../interest.js';
import type { Capabilities, Poller } from '../poller.js';
import type { SystemError } from '../sys.js';
import { LAB_MODES, LabError, type LabMode } from './commands.js';
import { BlockedThreads } from './threads.js';

const BITS = { READABLE, WRITABLE, PRIORITY, READ_CLOSED, HANGUP, ERROR };

/** What one poller said in one step. */
export interface Cell {
  /** The names of the reported bits; empty: nothing was reported. */
  readonly bits: readonly string[];
  /** The error of add(), modify() or remove(). */
  readonly error?: string;
  /**
   * Where nothing was reported: the registration was disarmed by its event, or is paused, or there is none; the thread
   * of the poller is blocked in a wait, or was and stayed there.
   */
  readonly silence?: 'disarmed' | 'paused' | 'removed' | 'waits' | 'asleep';
}

/** The same descriptor, registered in one poller for each mode. */
export class Registrations {
  readonly modes: readonly LabMode[];
  readonly #fd: number;
  readonly #pollers: readonly Poller[];
  #interest: number;
  #blocked: BlockedThreads | undefined;

  constructor(fd: number, interest: number, modes: readonly LabMode[] | undefined) {
    const first = createPoller({ audit: false });
    const supports = (mode: LabMode): boolean => lackOf(mode, first.capabilities) === undefined;
    this.modes = modes ?? LAB_MODES.filter((mode) => mode.mode !== EXCLUSIVE && supports(mode));
    const unsupported = this.modes.find((mode) => !supports(mode));
    if (unsupported !== undefined) {
      first.close();
      throw new LabError(`the backend ${first.backend} has no mode ${unsupported.name}`);
    }
    this.#fd = fd;
    this.#interest = interest;
    this.#pollers = this.modes.map((_, index) => (index === 0 ? first : createPoller({ audit: false })));
  }

  get backend(): string {
    return this.#pollers[0]!.backend;
  }

  /** Registers the descriptor in each poller. Returns the code of each error. */
  add(): Array<string | undefined> {
    return this.#each((poller, mode) => poller.add(this.#fd, this.#interest | mode));
  }

  /**
   * Re-arms each registration, with another interest where one is given. Throws a LabError where the backend does not
   * report that.
   */
  modify(interest = this.#interest): Array<string | undefined> {
    const [{ backend, capabilities }] = this.#pollers as [Poller];
    for (const [name, bit, has] of [
      ['PRIORITY', PRIORITY, capabilities.priority],
      ['READ_CLOSED', READ_CLOSED, capabilities.readClosed],
    ] as const)
      if ((interest & bit) !== 0 && !has) throw new LabError(`the backend ${backend} does not report ${name}`);
    this.#interest = interest;
    // A registration keeps EXCLUSIVE, which only add() takes.
    return this.#each((poller, mode) => poller.modify(this.#fd, interest | (mode & ~EXCLUSIVE)));
  }

  remove(): Array<string | undefined> {
    return this.#each((poller) => poller.remove(this.#fd));
  }

  /** From now until the next `look()` each poller waits in a thread of its own. */
  async block(): Promise<Cell[]> {
    this.#blocked ??= await BlockedThreads.start(this.#pollers);
    return this.#pollers.map(() => ({ bits: [], silence: 'waits' }));
  }

  /** Asks each poller once, without blocking. */
  async look(): Promise<Cell[]> {
    const heard = await this.#blocked?.end();
    this.#blocked = undefined;
    return this.#pollers.map((poller, index) => {
      const readiness = heard === undefined ? readinessOf(poller) : heard[index]!;
      const bits = Object.entries(BITS).flatMap(([name, bit]) => ((readiness & bit) === 0 ? [] : [name]));
      if (bits.length > 0) return { bits };
      const silence = heard === undefined ? this.#silenceOf(poller) : 'asleep';
      return silence === undefined ? { bits } : { bits, silence };
    });
  }

  async close(): Promise<void> {
    await this.#blocked?.end();
    for (const poller of this.#pollers) poller.close();
  }

  #silenceOf(poller: Poller): Cell['silence'] {
    const registration = poller.inspect().registrations.find(({ fd }) => fd === this.#fd);
    if (registration === undefined) return 'removed';
    if (registration.interest === '0') return 'paused';
    return registration.armed === false ? 'disarmed' : undefined;
  }

  #each(act: (poller: Poller, mode: number) => void): Array<string | undefined> {
    return this.#pollers.map((poller, index) => {
      try {
        act(poller, this.modes[index]!.mode);
        return undefined;
      } catch (error) {
        // ERR_OUT_OF_RANGE is wider than a column.
        return (error as SystemError).code.replace(/^ERR_/, '');
      }
    });
  }
}

/** What a poller reports without blocking. */
function readinessOf(poller: Poller): number {
  return [...poller.wait(0)].reduce((bits, event) => bits | event.readiness, 0);
}

function lackOf({ mode }: LabMode, { edge, oneshot, exclusive }: Capabilities): string | undefined {
  if ((mode & EDGE) !== 0 && !edge) return 'edge';
  if ((mode & ONESHOT) !== 0 && !oneshot) return 'oneshot';
  return (mode & EXCLUSIVE) !== 0 && !exclusive ? 'exclusive' : undefined;
}

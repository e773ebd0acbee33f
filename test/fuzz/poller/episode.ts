import { attachPoller, createPoller, share, type Poller, type PollerOptions } from 'pollux';
import { Finding, codeOf } from '../finding.js';
import { kernel } from '../kernel.js';
import { View } from './look.js';
import { PollerModel, type Codes } from './registry-model.js';
import { World, type Slot } from './world.js';

export const POLLERS = 3;
/** Slots from here on are the descriptors of the pollers themselves. */
export const POLLER_SLOT = 100;

const FALSY = [0, '', null, false, NaN] as const;

export type OpenPoller = (options: PollerOptions) => Poller;

/** Descriptors, the pollers that watch them, and the checks on both. */
export class Episode {
  readonly world = new World();
  readonly views: Array<View | undefined> = Array.from({ length: POLLERS }, () => undefined);
  readonly #open: OpenPoller;
  /** attachPoller() takes only what createPoller() made. */
  readonly canAttach: boolean;
  #given = 0;

  constructor(open: OpenPoller = createPoller) {
    this.#open = open;
    this.canAttach = open === createPoller;
  }

  openPoller(index: number, capacity: number): void {
    const poller = this.#open({ capacity });
    this.views[index] = new View(poller, new PollerModel(this.world, poller), capacity, index);
  }

  /** A second view of the poller `from`, with data and a batch of its own. */
  attach(from: number, to: number): void {
    const { poller, model, capacity } = this.views[from]!;
    this.views[to] = new View(attachPoller(share(poller)), model, capacity, to);
  }

  closePoller(index: number): void {
    const { poller, model } = this.views[index]!;
    this.views[index] = undefined;
    for (const registration of model.registrations.values()) registration.data[index] = undefined;
    poller.close();
    poller.close();
    if (!poller.closed || poller.size !== 0 || poller.fd !== -1)
      throw new Finding('close', 'a closed poller does not look closed');
    if (--model.views === 0) model.end();
  }

  /** The number in a slot; −1 for a slot that never had one. */
  numberAt(slot: number): number {
    if (slot < POLLER_SLOT) return this.world.slots[slot]!.fd;
    return this.views[slot - POLLER_SLOT]?.poller.fd ?? -1;
  }

  /** Whether the number is open but not opened by this episode: it belongs to a poller or to the host. */
  isStranger(fd: number): boolean {
    return this.world.fileOf(fd) === undefined && kernel.isOpen(fd);
  }

  slot(index: number): Slot | undefined {
    const slot = this.world.slots[index];
    return slot?.file === undefined ? undefined : slot;
  }

  add(index: number, fd: number, interest: number): void {
    const { poller, model } = this.views[index]!;
    const data = this.#newData();
    if (this.#expect(model.codesOfAdd(fd), `add(${fd})`, fd, () => poller.add(fd, interest, data))) {
      model.put(fd, interest).data[index] = data;
    }
    this.#compare(index, fd);
  }

  modify(index: number, fd: number, interest: number, hasData: boolean): void {
    const { poller, model } = this.views[index]!;
    const data = hasData ? this.#newData() : undefined;
    const codes = model.codesOfModify(fd, interest);
    const call = (): void => (hasData ? poller.modify(fd, interest, data) : poller.modify(fd, interest));
    const isDone = this.#expect(codes, `modify(${fd})`, fd, call);
    const registration = model.registrations.get(fd);
    if (isDone) {
      const live = registration!.state === 'live' ? registration! : model.revive(fd);
      live.rearm(interest, this.world.clock);
      if (hasData) live.data[index] = data;
    } else if (registration?.state === 'lost' && !poller.has(fd)) model.drop(fd);
    else if (registration?.state === 'lost' && codes[0] !== 'EINVAL')
      throw new Finding('record', `modify(${fd}) has failed, and the record of the closed number stays`);
    this.#compare(index, fd);
  }

  remove(index: number, fd: number): void {
    const { poller, model } = this.views[index]!;
    const isDone = this.#expect(model.codesOfRemove(fd), `remove(${fd})`, fd, () => poller.remove(fd));
    const registration = model.registrations.get(fd);
    // remove() ended the registration of the file that has the number now, which may be an earlier file of that number.
    if (isDone && registration?.file === this.world.fileOf(fd)) registration!.state = 'live';
    if (isDone || registration?.state === 'lost') model.drop(fd);
    this.#compare(index, fd);
  }

  wake(index: number): void {
    const { poller, model } = this.views[index]!;
    poller.wake();
    model.isWakeDue = true;
  }

  /** Calls `call` with arguments that no poller accepts: it fails with `code`, and nothing changes. */
  refuse(index: number, code: string, call: (poller: Poller) => void): void {
    const { poller, model } = this.views[index]!;
    this.#expect([code], 'a call with bad arguments', undefined, () => call(poller));
    if (poller.size !== model.registrations.size)
      throw new Finding('failed call', 'a refused call has changed the size');
  }

  /**
   * The last checks of an episode: every poller has the registrations that it should have, and no batch has an event
   * too many.
   */
  end(): void {
    this.views.forEach((view, index) => {
      if (view === undefined) return;
      view.checkBatch();
      for (const fd of view.model.registrations.keys()) this.#compare(index, fd);
    });
    this.clear();
  }

  /** Closes everything, also after a finding. */
  clear(): void {
    for (const view of this.views) view?.poller.close();
    this.world.end();
  }

  /** A different value each time, falsy values among them. */
  #newData(): unknown {
    const given = ++this.#given;
    return given % 8 === 0 ? FALSY[(given / 8) % FALSY.length] : given;
  }

  /** Runs `call` and returns whether it succeeded; its error has to be one of `codes`. */
  #expect(codes: Codes, name: string, fd: number | undefined, call: () => void): boolean {
    let code = 'ok';
    try {
      call();
    } catch (error) {
      code = codeOf(error);
      if (fd !== undefined) checkError(error as NodeJS.ErrnoException & { fd?: number }, name, fd);
    }
    if (!codes.includes(code)) throw new Finding('code', `${name} ends with ${code}, expected ${codes.join(' or ')}`);
    return code === 'ok';
  }

  #compare(index: number, fd: number): void {
    const { poller, model } = this.views[index]!;
    const { size } = model.registrations;
    if (poller.size !== size) throw new Finding('size', `size is ${poller.size}, expected ${size}`);
    if (fd >= 0 && poller.has(fd) !== model.registrations.has(fd))
      throw new Finding('has', `has(${fd}) is ${!model.registrations.has(fd)}`);
  }
}

/** An error of the system says which call failed, why, and for which descriptor. */
function checkError(
  { errno, syscall, fd }: NodeJS.ErrnoException & { fd?: number },
  name: string,
  expected: number,
): void {
  const isComplete = typeof errno === 'number' && errno < 0 && typeof syscall === 'string' && fd === expected;
  if (!isComplete) throw new Finding('error', `${name} fails with errno ${errno}, syscall ${syscall}, fd ${fd}`);
}

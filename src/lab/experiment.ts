import { messageOf } from '../errors.js';
import { type Command, LabError, type LabKind, type LabMode } from './commands.js';
import { isOneWay } from './kinds.js';
import { type Cell, Registrations } from './registrations.js';
import { World } from './world.js';

/** One command, and what the pollers said after it. */
export interface Step {
  readonly command: Command;
  /** What the system answered, in words. */
  readonly result: string;
  /** What waits to be read, in words. */
  readonly state: string;
  /** Present where something was opened: what it is, and how it is watched. */
  readonly opened?: string;
  readonly modes: readonly LabMode[];
  readonly cells: readonly Cell[];
}

/** A descriptor, its registrations, and what was done to them. */
export class Experiment {
  #world: World | undefined;
  #registrations: Registrations | undefined;
  #modes: readonly LabMode[] | undefined;
  #interest = 0;
  #title = '';

  /** What `title` said last. */
  get title(): string {
    return this.#title;
  }

  /**
   * Performs a command, and asks each poller once. Resolves with undefined where there is nothing to show. Rejects with
   * a LabError where the command does not go with what is open.
   */
  async perform(command: Command): Promise<Step | undefined> {
    const { name } = command;
    if (name === 'title') {
      this.#title = command.text.slice('title '.length);
      return undefined;
    }
    if (name === 'modes') {
      this.#modes = command.modes;
      return undefined;
    }
    if (name === 'open') return await this.#open(command);
    const world = this.#world;
    if (world === undefined) throw new LabError('nothing is open: begin with "open pipe", or another kind');
    if (name === 'block') return this.#shown(command, '', await this.#registrations!.block());
    const errors = this.#change(command);
    if (name === 'watch') this.#interest = command.interest;
    const result = errors === undefined ? world.perform(command, this.#interest) : '';
    return await this.#step(command, result, errors);
  }

  async end(): Promise<void> {
    await this.#registrations?.close();
    this.#world?.end();
    this.#registrations = undefined;
    this.#world = undefined;
  }

  async #open(command: Command): Promise<Step> {
    await this.end();
    const { kind, isWriter } = command;
    if (isWriter && !isOneWay(kind!)) throw new LabError(`"writer" goes with a pipe or fifo, not with a ${kind}`);
    const world = opened(kind!, isWriter);
    this.#world = world;
    this.#interest = world.usualInterest;
    this.#registrations = new Registrations(world.fd, this.#interest, this.#modes);
    const step = await this.#step(command, '', this.#registrations.add());
    return { ...step, opened: `${world.description}; ${this.#registrations.backend}` };
  }

  /** What a command of the registrations said; undefined where it is no such command. */
  #change({ name, interest }: Command): Array<string | undefined> | undefined {
    const registrations = this.#registrations!;
    if (name === 'watch') return registrations.modify(interest);
    if (name === 'rearm') return registrations.modify();
    if (name === 'remove') return registrations.remove();
    return name === 'add' ? registrations.add() : undefined;
  }

  async #step(command: Command, result: string, errors: ReadonlyArray<string | undefined> = []): Promise<Step> {
    const cells = (await this.#registrations!.look()).map((cell, index) => {
      const error = errors[index];
      return error === undefined ? cell : { ...cell, error };
    });
    return this.#shown(command, result, cells);
  }

  #shown(command: Command, result: string, cells: readonly Cell[]): Step {
    return { command, result, state: this.#world!.state(this.#interest), modes: this.#registrations!.modes, cells };
  }
}

/** Opens what an experiment is made on. Throws a LabError where the system refuses that. */
function opened(kind: LabKind, isWriter: boolean): World {
  try {
    return new World(kind, isWriter);
  } catch (error) {
    if (!('syscall' in (error as object))) throw error;
    throw new LabError(`the system opens no ${kind}: ${messageOf(error)}`);
  }
}

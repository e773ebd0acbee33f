import * as pollux from 'pollux';
import { ALLOWED } from './allowed.js';
import { Mutant, type Mutation } from './mutant.js';
import { MUTANTS } from './table.js';

const NOTHING_WRONG: Mutation = { wrong: 'nothing' };
const DEFAULT_CAPACITY = 1024;

interface MutantOptions extends pollux.PollerOptions {
  /** The name of a mutant; without one, the wrapper has no fault. */
  readonly mutant?: string;
}

interface MutantHandle {
  readonly mutant: string | undefined;
  readonly capacity: number;
  readonly handle: pollux.PollerHandle;
}

const nameOf = new WeakMap<pollux.Poller, string | undefined>();

function mutationOf(name: string | undefined): Mutation {
  if (name === undefined) return NOTHING_WRONG;
  const mutation = MUTANTS[name] ?? ALLOWED[name];
  if (mutation === undefined) throw new Error(`there is no mutant "${name}"`);
  return mutation;
}

/** The createPoller() that the conformance suite is run against. */
export function createPoller({ mutant, ...options }: MutantOptions = {}): pollux.Poller {
  const mutation = mutationOf(mutant);
  const inner = pollux.createPoller(mutation.options?.(options) ?? options);
  const poller = new Mutant(inner, mutation, options.capacity ?? DEFAULT_CAPACITY, false);
  nameOf.set(poller, mutant);
  return poller;
}

export function share(poller: pollux.Poller): MutantHandle {
  const { inner, capacity } = poller as Mutant;
  return { mutant: nameOf.get(poller), capacity, handle: pollux.share(inner) };
}

export function attachPoller({ mutant, capacity, handle }: MutantHandle): pollux.Poller {
  return new Mutant(pollux.attachPoller(handle), mutationOf(mutant), capacity, true);
}

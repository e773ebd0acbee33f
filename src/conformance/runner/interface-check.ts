import { inspect } from 'node:util';

const METHODS = ['add', 'modify', 'remove', 'has', 'wait', 'wake', 'close'];
const FLAGS = ['edge', 'oneshot', 'priority', 'exclusive', 'readClosed', 'nested', 'threads'];
const ACCESSORS = ['fdAt', 'readinessAt', 'dataAt'];

type Members = Readonly<Record<PropertyKey, unknown>>;

/** What `value`, which createPoller() returned, lacks of the interface Poller. */
export function flawsOfPoller(value: unknown): string[] {
  if (!hasMembers(value)) return [`it is ${show(value)}`];
  if (isPromise(value)) return ['it is a promise'];
  return [...missingMethods(value, METHODS), ...flawsOfCapabilities(value['capabilities'])];
}

/** What `value`, which wait() returned, lacks of the interface Batch. */
export function flawsOfBatch(value: unknown): string[] {
  if (!hasMembers(value)) return [`it is ${show(value)}`];
  if (isPromise(value)) return ['it is a promise'];
  return [
    ...(isCount(value['length']) ? [] : [`length is ${show(value['length'])}, no number of events`]),
    ...wrongType(value, 'woken', 'boolean'),
    ...missingMethods(value, ACCESSORS),
    ...(typeof value[Symbol.iterator] === 'function' ? [] : ['it cannot be iterated']),
  ];
}

function flawsOfCapabilities(capabilities: unknown): string[] {
  if (!hasMembers(capabilities)) return [`capabilities is ${show(capabilities)}, no object`];
  return [
    ...FLAGS.flatMap((flag) => wrongType(capabilities, flag, 'boolean', 'capabilities.')),
    ...wrongType(capabilities, 'timeoutResolutionNs', 'number', 'capabilities.'),
  ];
}

function missingMethods(members: Members, names: readonly string[]): string[] {
  return names.filter((name) => typeof members[name] !== 'function').map((name) => `${name}() is missing`);
}

/** A member that is undefined is no flaw: undefined means false, and clauses check the members one by one. */
function wrongType(members: Members, name: string, type: string, of = ''): string[] {
  const value = members[name];
  return value === undefined || typeof value === type ? [] : [`${of}${name} is ${show(value)}, no ${type}`];
}

function hasMembers(value: unknown): value is Members {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function isPromise(members: Members): boolean {
  return typeof members['then'] === 'function';
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0;
}

function show(value: unknown): string {
  return inspect(value, { depth: 0, breakLength: Infinity, maxStringLength: 40 });
}

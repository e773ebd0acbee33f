import { type Lacks, lacksOf } from '../kit/needs.js';

/** The version of the driver protocol: docs/driver-protocol.md. */
export const PROTOCOL_VERSION = 1;

/** What a driver says of itself. */
export interface Introduction {
  readonly name: string;
  readonly pid: number | undefined;
  readonly resolutionNs: number;
  readonly lacks: Lacks;
}

/** One event of an answer to `wait`: the number and the token are those of the driver. */
export interface DriverEvent {
  readonly fd: number;
  readonly readiness: number;
  readonly token: number | undefined;
}

/** A JSON object. */
export type Answer = Readonly<Record<string, unknown>>;

/** All bits of readiness. */
const READINESS = 0x3f;

/** The object in `line`, a line of the driver. Throws where there is none; the message says what there is instead. */
export function parseAnswer(line: string): Answer {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Error('no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('no object');
  const { error, message } = value as Answer;
  if (error !== undefined && (typeof error !== 'string' || error === '')) throw new Error('"error" is no text');
  if (message !== undefined && typeof message !== 'string') throw new Error('"message" is no text');
  return value as Answer;
}

/** The answer to `hello`. */
export function introductionOf({ version, name, pid, resolutionNs = 1, lacks = {} }: Answer): Introduction {
  if (version !== PROTOCOL_VERSION)
    throw new Error(`"version" is ${JSON.stringify(version)}, and this is version ${PROTOCOL_VERSION} of the protocol`);
  if (typeof name !== 'string' || name === '') throw new Error('"name" is no text');
  if (pid !== undefined && !isCount(pid)) throw new Error('"pid" is no process id');
  if (!isCount(resolutionNs)) throw new Error('"resolutionNs" is no number of nanoseconds');
  return { name, pid, resolutionNs, lacks: lacksOf(lacks) };
}

/** The member `name` of `answer`, a number that is not negative. */
export function numberIn(answer: Answer, name: string): number {
  const value = answer[name];
  if (!isCount(value)) throw new Error(`"${name}" is no number`);
  return value;
}

/** The answer to `wait`. */
export function eventsIn({ events, woken = false }: Answer): { events: DriverEvent[]; woken: boolean } {
  if (!Array.isArray(events)) throw new Error('"events" is no list');
  if (typeof woken !== 'boolean') throw new Error('"woken" is neither true nor false');
  return { events: events.map(eventOf), woken };
}

function eventOf(event: unknown): DriverEvent {
  const [fd, readiness, token, ...rest] = Array.isArray(event) ? (event as unknown[]) : [];
  if (!isCount(fd) || !isCount(readiness) || !(token === undefined || isCount(token)) || rest.length > 0)
    throw new Error(`the event ${JSON.stringify(event)} is not [fd, readiness, token]`);
  if ((readiness & READINESS) !== readiness) throw new Error(`the event ${JSON.stringify(event)} has unknown bits`);
  return { fd, readiness, token };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

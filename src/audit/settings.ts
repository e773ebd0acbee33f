import { checkDuration, checkInteger, checkOptions, type NamesOf } from '../arguments.js';
import type { AuditCode, AuditOptions } from '../audit-types.js';
import { invalidType, invalidValue, outOfRange } from '../errors.js';
import { CODES } from './texts.js';

export type AuditMode = NonNullable<AuditOptions['mode']>;

/** The options of an audit with their defaults. */
export interface AuditSettings {
  readonly mode: AuditMode;
  readonly quietMs: number;
  readonly repeats: number;
  readonly slowHandlerMs: number;
  readonly only: ReadonlySet<AuditCode> | undefined;
}

const NAMES: NamesOf<AuditOptions> = { mode: true, quietMs: true, repeats: true, slowHandlerMs: true, only: true };
const MODES: readonly unknown[] = ['warn', 'throw', 'json'];

/**
 * @throws TypeError, RangeError: an option is unknown, or of the wrong type or value; or POLLUX_AUDIT has no mode.
 */
export function settingsFrom(audit: boolean | AuditOptions | undefined): AuditSettings {
  const options: AuditOptions = audit === true || audit === undefined ? {} : (audit as AuditOptions);
  checkOptions(options, NAMES, 'options.audit');
  const { mode = modeOfEnvironment(), quietMs = 100, repeats = 20, slowHandlerMs = 200, only } = options;
  if (!MODES.includes(mode)) throw invalidValue('options.audit.mode', "must be 'warn', 'throw' or 'json'", mode);
  checkMs(quietMs, 'options.audit.quietMs');
  checkMs(slowHandlerMs, 'options.audit.slowHandlerMs');
  checkInteger(repeats, 'options.audit.repeats', 2, Number.MAX_SAFE_INTEGER);
  return { mode, quietMs, repeats, slowHandlerMs, only: only === undefined ? undefined : codesOf(only) };
}

function checkMs(ms: unknown, name: string): void {
  checkDuration(ms, name);
  if (ms === 0) throw outOfRange(name, 'must be more than 0', ms);
}

function codesOf(only: unknown): ReadonlySet<AuditCode> {
  if (!Array.isArray(only)) throw invalidType('options.audit.only', 'an array of codes', only);
  for (const code of only as unknown[]) {
    if (!CODES.includes(code as AuditCode))
      throw invalidValue('options.audit.only', 'must have codes of findings only', code, CODES);
  }
  return new Set(only as AuditCode[]);
}

function modeOfEnvironment(): AuditMode {
  const word = process.env['POLLUX_AUDIT'] || 'warn';
  if (!MODES.includes(word)) throw invalidValue('POLLUX_AUDIT', "must be 'warn', 'throw' or 'json'", word);
  return word as AuditMode;
}

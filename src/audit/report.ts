import { channel } from 'node:diagnostics_channel';
import { appendFileSync, writeSync } from 'node:fs';
import type { AuditCode, AuditFinding } from '../audit-types.js';
import { withFields } from '../errors.js';
import type { AuditMode, AuditSettings } from './settings.js';
import { detailOf, findingLine, messageOf, tableOf } from './table.js';
import { CURES } from './texts.js';

const findings = channel('pollux:audit');
/** Findings that are printed in a table when the process exits. */
const told: AuditFinding[] = [];
/** Something was found at the exit of the process that would have been thrown. */
let hasFailed = false;
let isExiting = false;

/** Where the mode 'json' writes; undefined: stderr. */
const file = process.env['POLLUX_AUDIT_FILE'] || undefined;

/** What is found in one poller. Tells each finding once per descriptor and kind. */
export class Reporter {
  readonly #settings: AuditSettings;
  readonly #known = new Set<string>();

  constructor(settings: AuditSettings) {
    this.#settings = settings;
  }

  /** Reports a finding. Returns the error to throw, in the mode 'throw'. */
  tell(about: Pick<AuditFinding, 'code' | 'fd' | 'kind' | 'interest' | 'seen' | 'registeredAt'>): Error | undefined {
    const { only, mode } = this.#settings;
    const { code, fd, kind, interest, seen, registeredAt } = about;
    const key = `${code} ${fd}`;
    if (this.#known.has(key) || (only !== undefined && !only.has(code))) return undefined;
    this.#known.add(key);
    const finding: AuditFinding = { code, fd, kind, interest, seen, cure: CURES[code], registeredAt };
    if (findings.hasSubscribers) findings.publish(finding);
    return deliver(finding, mode);
  }
}

function deliver(finding: AuditFinding, mode: AuditMode): Error | undefined {
  switch (mode) {
    case 'json':
      writeLine(JSON.stringify(finding), file);
      return undefined;
    case 'warn':
      told.push(finding);
      // A warning is printed in a tick, and there is none any more.
      if (isExiting) {
        writeLine(findingLine(finding));
        return undefined;
      }
      process.emitWarning(messageOf(finding), {
        type: 'PolluxAuditWarning',
        code: finding.code,
        detail: detailOf(finding),
      });
      return undefined;
    default:
      if (isExiting) hasFailed = true;
      return withFields(new Error(`${messageOf(finding)}\n${detailOf(finding)}`), {
        code: finding.code satisfies AuditCode,
        fd: finding.fd,
        finding,
      });
  }
}

function writeLine(text: string, file?: string): void {
  try {
    if (file === undefined) writeSync(2, `${text}\n`);
    else appendFileSync(file, `${text}\n`);
  } catch {
    // There is nowhere to report it.
  }
}

/** What is found from now on, is found at the exit of the process. */
export function beginExit(): void {
  isExiting = true;
}

/** After everything that was found at the exit of the process: prints the table, and sets the exit status. */
export function endReports(): void {
  if (hasFailed && (process.exitCode === undefined || process.exitCode === 0)) process.exitCode = 1;
  if (told.length > 0) writeLine(tableOf(told));
}

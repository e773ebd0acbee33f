import type { Registration } from './registration.js';
import { beginExit, endReports } from './report.js';
import { observeSys } from './sys-hook.js';

/** What the calls of this thread are told to: the audit of one poller. */
export interface ThreadAudit {
  registration(fd: number): Registration | undefined;
  /** `fd` is about to be closed; the result is called when it is. */
  closing(fd: number): (() => void) | undefined;
  /** Whether a write of its descriptors waits for room. */
  awaitsRoom(): boolean;
  /** The process, or the worker, ends. */
  exit(): void;
}

const audits = new Set<ThreadAudit>();

/** From now on `audit` is told what this thread does with descriptors, and when it ends. */
export function joinThread(audit: ThreadAudit): void {
  if (audits.size === 0) begin();
  audits.add(audit);
}

export function leaveThread(audit: ThreadAudit): void {
  audits.delete(audit);
}

/** Whether a write to a descriptor of this thread waits for room: then a reader may hold back on purpose. */
export function anyAwaitsRoom(): boolean {
  for (const audit of audits) if (audit.awaitsRoom()) return true;
  return false;
}

let hasBegun = false;

function begin(): void {
  if (hasBegun) return;
  hasBegun = true;
  const each = (fd: number, tell: (registration: Registration) => void): void => {
    for (const audit of audits) {
      const registration = audit.registration(fd);
      if (registration !== undefined) tell(registration);
    }
  };
  observeSys({
    hasRead: (fd, length, wanted) => each(fd, (registration) => registration.hasRead(length, wanted)),
    hasWritten: (fd, length, wanted) => each(fd, (registration) => registration.hasWritten(length, wanted)),
    hasActed: (fd) => each(fd, (registration) => registration.hasActed()),
    closing: (fd) => {
      const closed = [...audits].map((audit) => audit.closing(fd)).filter((act) => act !== undefined);
      return closed.length === 0 ? undefined : () => closed.forEach((act) => act());
    },
  });
  process.on('exit', () => {
    beginExit();
    for (const audit of audits) audit.exit();
    endReports();
  });
}

import { clauses } from 'pollux/conformance';

export interface Totals {
  readonly passed: number;
  /** The clauses that are gated, with the reason. */
  readonly gated: Readonly<Record<string, string>>;
}

/** Every clause of `group` but `others`. */
function allOf(group: string, ...others: string[]): string[] {
  return clauses.map(({ id }) => id).filter((id) => id.startsWith(`${group}.`) && !others.includes(id));
}

function gate(reason: string, ids: readonly string[]): Record<string, string> {
  return Object.fromEntries(ids.map((id) => [id, reason]));
}

const HAS_MODES = {
  ...gate('the poller has the capability "edge"', ['edge.19']),
  ...gate('the poller has the capability "oneshot"', ['oneshot.13']),
  ...gate('the poller has the capability "readClosed"', ['half-close.13']),
};

const KQUEUE = {
  ...HAS_MODES,
  ...gate('the poller lacks the capability "exclusive"', allOf('exclusive', 'exclusive.7')),
  ...gate('the backend is kqueue, not epoll', ['kind.10', 'nested.7']),
};

const WITHOUT_PRIORITY = {
  ...KQUEUE,
  ...gate('the poller lacks the capability "priority"', allOf('priority', 'priority.8')),
};

/** The clauses that run on each backend and on each personality of the kqueue simulator. All of them pass. */
export const TOTALS: Readonly<Record<string, Totals>> = {
  epoll: {
    passed: 348,
    gated: {
      ...HAS_MODES,
      ...gate('the poller has the capability "priority"', ['priority.8']),
      ...gate('the poller has the capability "exclusive"', ['exclusive.7']),
    },
  },
  'kqueue freebsd': {
    passed: 333,
    gated: { ...WITHOUT_PRIORITY, ...gate('pipes carry data in both directions on freebsd', ['level.8']) },
  },
  'kqueue netbsd': {
    passed: 328,
    gated: {
      ...WITHOUT_PRIORITY,
      ...gate('netbsd decides at add() whether a socket is a listener, so listen() after add() has no effect', [
        'listener.8',
      ]),
      ...gate('netbsd does not report to one side of a pseudoterminal that its other side was closed', ['hangup.19']),
      ...gate('netbsd reports nothing for the write end of a FIFO, so pollux refuses to add one', ['register.18']),
      ...gate('netbsd opens no descriptor of a process that has ended and was not waited for', ['sources.18']),
      ...gate('netbsd no longer reports the end of a FIFO after a read has returned 0', ['hangup.3', 'hangup.4']),
    },
  },
  'kqueue openbsd': {
    passed: 339,
    gated: {
      ...KQUEUE,
      ...gate('the poller has the capability "priority"', ['priority.8']),
      ...gate('pipes carry data in both directions on openbsd', ['level.8']),
      ...gate('openbsd opens no descriptor of a process that has ended and was not waited for', ['sources.18']),
    },
  },
  'kqueue darwin': {
    passed: 337,
    gated: {
      ...KQUEUE,
      ...gate('the poller has the capability "priority"', ['priority.8']),
      ...gate('darwin does not report to either end of a FIFO that its other end was closed', [
        'hangup.3',
        'hangup.4',
        'hangup.5',
      ]),
      ...gate('darwin opens no descriptor of a process that has ended and was not waited for', ['sources.18']),
    },
  },
};

import type { Clause } from '../kit/clause.js';
import type { Verdict } from './execute.js';
import type { Environment } from '../kit/needs.js';

/** Where clauses run: a process of their own, or this thread. */
export interface Runner {
  /** Gets ready. Rejects where no poller can be opened. */
  open(): Promise<Environment>;
  /** Runs one clause. Never rejects; the next one starts clean. */
  run(clause: Clause): Promise<Verdict>;
  close(): void | Promise<void>;
}

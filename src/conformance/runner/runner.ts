import type { Clause } from '../kit/clause.js';
import type { Environment } from '../kit/needs.js';
import type { FaultKind } from '../kit/setup.js';

/** How one clause ended. */
export interface Verdict {
  /** Why the clause failed; undefined when it passed. */
  readonly reason?: string;
  /** What the driver did wrong, where the reason is no broken promise of the poller. */
  readonly fault?: FaultKind;
  /** False where a thread or descriptor of the clause is left. */
  readonly clean: boolean;
}

/** Where clauses run: in another process, or in this thread. */
export interface Runner {
  /** Opens a first poller to see what it claims. Rejects where no poller can be opened. */
  open(): Promise<Environment>;
  /** Runs one clause. Never rejects. What the clause leaves behind does not reach the next one. */
  run(clause: Clause): Promise<Verdict>;
  close(): void | Promise<void>;
}

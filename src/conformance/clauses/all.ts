import type { Clause } from '../kit/clause.js';
import { batchClauses } from './batch.js';
import { closeClauses } from './close.js';
import { connectClauses } from './connect.js';
import { datagramsClauses } from './datagrams.js';
import { edgeChangesClauses } from './edge-changes.js';
import { edgeClauses } from './edge.js';
import { errorClauses } from './error.js';
import { exclusiveClauses } from './exclusive.js';
import { halfCloseClauses } from './half-close.js';
import { hangupClauses } from './hangup.js';
import { kindClauses } from './kind.js';
import { levelClauses } from './level.js';
import { limitsClauses } from './limits.js';
import { listenerClauses } from './listener.js';
import { mergeClauses } from './merge.js';
import { modifyClauses } from './modify.js';
import { nestedClauses } from './nested.js';
import { oneshotClauses } from './oneshot.js';
import { pauseClauses } from './pause.js';
import { priorityClauses } from './priority.js';
import { registerClauses } from './register.js';
import { removeClauses } from './remove.js';
import { reuseClauses } from './reuse.js';
import { signalsClauses } from './signals.js';
import { processSourcesClauses } from './sources-processes.js';
import { timerSourcesClauses } from './sources-timers.js';
import { sourcesClauses } from './sources.js';
import { threadsClauses } from './threads.js';
import { timeoutClauses } from './timeout.js';
import { wakeClauses } from './wake.js';
import { writableClauses } from './writable.js';

/** All clauses, in the order in which they run. */
export const allClauses: readonly Clause[] = [
  ...registerClauses,
  ...modifyClauses,
  ...removeClauses,
  ...levelClauses,
  ...edgeClauses,
  ...edgeChangesClauses,
  ...oneshotClauses,
  ...pauseClauses,
  ...hangupClauses,
  ...halfCloseClauses,
  ...errorClauses,
  ...priorityClauses,
  ...writableClauses,
  ...listenerClauses,
  ...connectClauses,
  ...kindClauses,
  ...datagramsClauses,
  ...sourcesClauses,
  ...timerSourcesClauses,
  ...processSourcesClauses,
  ...reuseClauses,
  ...mergeClauses,
  ...batchClauses,
  ...exclusiveClauses,
  ...timeoutClauses,
  ...wakeClauses,
  ...closeClauses,
  ...threadsClauses,
  ...nestedClauses,
  ...signalsClauses,
  ...limitsClauses,
];

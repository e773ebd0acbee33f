import type { Clause } from './clause.js';
import { BATCH_AND_FAIRNESS } from './clauses/batch.js';
import { CLOSE } from './clauses/close.js';
import { CONNECTS } from './clauses/connect.js';
import { DATAGRAM_SOCKETS } from './clauses/datagrams.js';
import { EDGES_OF_THE_READY } from './clauses/edge-changes.js';
import { EDGE_TRIGGERED } from './clauses/edge.js';
import { ERRORS } from './clauses/error.js';
import { EXCLUSIVES } from './clauses/exclusive.js';
import { HALF_CLOSE } from './clauses/half-close.js';
import { HANGUPS } from './clauses/hangup.js';
import { DESCRIPTOR_KINDS } from './clauses/kind.js';
import { LEVEL_TRIGGERED } from './clauses/level.js';
import { LIMITS } from './clauses/limits.js';
import { LISTENERS } from './clauses/listener.js';
import { MERGE } from './clauses/merge.js';
import { MODIFY } from './clauses/modify.js';
import { NESTED } from './clauses/nested.js';
import { EDGE_ONESHOT, ONESHOT_MODE } from './clauses/oneshot.js';
import { PAUSE } from './clauses/pause.js';
import { PRIORITIES } from './clauses/priority.js';
import { REGISTER } from './clauses/register.js';
import { REMOVE } from './clauses/remove.js';
import { DUP_AND_REUSE } from './clauses/reuse.js';
import { SIGNALS } from './clauses/signals.js';
import { THREADS } from './clauses/threads.js';
import { TIMEOUT } from './clauses/timeout.js';
import { WAKE } from './clauses/wake.js';
import { WRITABLES } from './clauses/writable.js';

/** All clauses, in the order in which they run. */
export const CLAUSES: readonly Clause[] = [
  ...REGISTER,
  ...MODIFY,
  ...REMOVE,
  ...LEVEL_TRIGGERED,
  ...EDGE_TRIGGERED,
  ...EDGES_OF_THE_READY,
  ...ONESHOT_MODE,
  ...EDGE_ONESHOT,
  ...PAUSE,
  ...HANGUPS,
  ...HALF_CLOSE,
  ...ERRORS,
  ...PRIORITIES,
  ...WRITABLES,
  ...LISTENERS,
  ...CONNECTS,
  ...DESCRIPTOR_KINDS,
  ...DATAGRAM_SOCKETS,
  ...DUP_AND_REUSE,
  ...MERGE,
  ...BATCH_AND_FAIRNESS,
  ...EXCLUSIVES,
  ...TIMEOUT,
  ...WAKE,
  ...CLOSE,
  ...THREADS,
  ...NESTED,
  ...SIGNALS,
  ...LIMITS,
];

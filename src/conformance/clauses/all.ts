import type { Clause } from '../kit/clause.js';
import { BATCH_AND_FAIRNESS } from './batch.js';
import { CLOSE } from './close.js';
import { CONNECTS } from './connect.js';
import { DATAGRAM_SOCKETS } from './datagrams.js';
import { EDGES_OF_THE_READY } from './edge-changes.js';
import { EDGE_TRIGGERED } from './edge.js';
import { ERRORS } from './error.js';
import { EXCLUSIVES } from './exclusive.js';
import { HALF_CLOSE } from './half-close.js';
import { HANGUPS } from './hangup.js';
import { DESCRIPTOR_KINDS } from './kind.js';
import { LEVEL_TRIGGERED } from './level.js';
import { LIMITS } from './limits.js';
import { LISTENERS } from './listener.js';
import { MERGE } from './merge.js';
import { MODIFY } from './modify.js';
import { NESTED } from './nested.js';
import { EDGE_ONESHOT, ONESHOT_MODE } from './oneshot.js';
import { PAUSE } from './pause.js';
import { PRIORITIES } from './priority.js';
import { REGISTER } from './register.js';
import { REMOVE } from './remove.js';
import { DUP_AND_REUSE } from './reuse.js';
import { SIGNALS } from './signals.js';
import { THREADS } from './threads.js';
import { TIMEOUT } from './timeout.js';
import { WAKE } from './wake.js';
import { WRITABLES } from './writable.js';

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

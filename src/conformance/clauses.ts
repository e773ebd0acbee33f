import type { Clause } from './clause.js';
import { CONNECTS } from './clauses/connect.js';
import { EDGE_TRIGGERED } from './clauses/edge.js';
import { ERRORS } from './clauses/error.js';
import { HALF_CLOSE } from './clauses/half-close.js';
import { HANGUPS } from './clauses/hangup.js';
import { LEVEL_TRIGGERED } from './clauses/level.js';
import { LISTENERS } from './clauses/listener.js';
import { MODIFY } from './clauses/modify.js';
import { EDGE_ONESHOT, ONESHOT_MODE } from './clauses/oneshot.js';
import { PAUSE } from './clauses/pause.js';
import { PRIORITIES } from './clauses/priority.js';
import { REGISTER } from './clauses/register.js';
import { REMOVE } from './clauses/remove.js';
import { WRITABLES } from './clauses/writable.js';

/** All clauses, in the order in which they run. */
export const CLAUSES: readonly Clause[] = [
  ...REGISTER,
  ...MODIFY,
  ...REMOVE,
  ...LEVEL_TRIGGERED,
  ...EDGE_TRIGGERED,
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
];

// The databases, and what the server knows of a client.
import { Keyspace } from './keyspace.mjs';

export const databases = Array.from({ length: 16 }, () => new Keyspace());
/** The clients that are connected, by their number. */
export const sessions = new Map();
/** Since the server began. */
export const totals = { connections: 0, commands: 0 };

export class Session {
  id = ++totals.connections;
  since = Date.now();
  name = '';
  library = '';
  libraryVersion = '';
  version = 2; // of the protocol
  db = databases[0];
  queue = null; // of a transaction: what EXEC will run
  isBroken = false; // a command was refused on its way into the queue
  isStale = false; // a watched key has changed
  watched = []; // [database, key]
  channels = new Set();
  patterns = new Map(); // patterns and their tests
  ends = false; // after the reply to this command

  /** `deliver(push)` sends what the client did not ask for. */
  constructor(deliver) {
    this.deliver = deliver;
    sessions.set(this.id, this);
  }

  get subscriptions() {
    return this.channels.size + this.patterns.size;
  }

  unwatch() {
    for (const [db, key] of this.watched) db.unwatch(key, this);
    this.watched = [];
    this.isStale = false;
  }

  leave() {
    this.unwatch();
    sessions.delete(this.id);
  }
}

// All commands, and what happens to a request before its command runs. A command is [least, most, run]: how many
// arguments it takes, and what it does, `run(session, ...arguments)`, with a reply as in replies.mjs.
import { wrongNumber } from './arguments.mjs';
import * as channels from './channels.mjs';
import * as connection from './connection.mjs';
import * as hashes from './hashes.mjs';
import * as keys from './keys.mjs';
import * as lists from './lists.mjs';
import { Failure, fail, NO_LIST, OK, Status } from './replies.mjs';
import * as server from './server.mjs';
import { totals } from './session.mjs';
import * as sets from './sets.mjs';
import * as sortedSets from './sorted-sets.mjs';
import * as streams from './streams.mjs';
import * as strings from './strings.mjs';

const QUEUED = new Status('QUEUED');
const IMMEDIATE = new Set(['EXEC', 'DISCARD', 'MULTI', 'WATCH', 'QUIT', 'RESET']);
const WHILE_SUBSCRIBED = new Set(['SUBSCRIBE', 'UNSUBSCRIBE', 'PSUBSCRIBE', 'PUNSUBSCRIBE', 'PING', 'QUIT', 'RESET']);

const transactions = {
  MULTI: [0, 0, (session) => (session.queue === null ? begin(session) : fail('ERR MULTI calls can not be nested'))],
  EXEC: [0, 0, execute],
  DISCARD: [0, 0, (session) => (session.queue === null ? fail('ERR DISCARD without MULTI') : discard(session))],
  WATCH: [1, Infinity, watch],
  UNWATCH: [0, 0, (session) => (session.unwatch(), OK)],
};
const families = [strings, keys, lists, sets, hashes, sortedSets, streams, channels, connection, server];
const described = { COMMAND: [0, Infinity, (_, verb, ...names) => describe(verb?.toUpperCase(), names)] };
const commands = new Map(
  [transactions, described, ...families.map((family) => family.commands)]
    .flatMap((family) => Object.entries(family))
    .map(([name, [least, most, run]]) => [name, { name, least, most, run }]),
);

/** The reply to a request; undefined to an empty one. */
export function run(session, words) {
  if (words.length === 0) return undefined;
  totals.commands++;
  const command = commands.get(words[0]) ?? commands.get(words[0].toUpperCase());
  const args = words.slice(1);
  const objection = objectionTo(session, command, words[0], args);
  if (objection !== undefined) {
    session.isBroken = true;
    return new Failure(objection);
  }
  if (session.queue !== null && !IMMEDIATE.has(command.name)) {
    session.queue.push([command.run, args]);
    return QUEUED;
  }
  try {
    return command.run(session, ...args);
  } catch (error) {
    return failureOf(error);
  }
}

/** Why a command is refused before it runs. */
function objectionTo(session, command, word, args) {
  if (command === undefined) return unknown(word, args);
  const { name, least, most } = command;
  if (args.length < least || args.length > most) return wrongNumber(name.toLowerCase());
  if (session.subscriptions === 0 || session.version === 3 || WHILE_SUBSCRIBED.has(name)) return undefined;
  const allowed = '(P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context';
  return `ERR Can't execute '${name.toLowerCase()}': only ${allowed}`;
}

function failureOf(error) {
  if (error instanceof Failure) return error;
  throw error;
}

function unknown(word, args) {
  const shown = args.map((text) => `'${text.slice(0, 128)}' `).join('');
  return `ERR unknown command '${word.slice(0, 128)}', with args beginning with: ${shown.slice(0, 128)}`;
}

function begin(session) {
  session.queue = [];
  session.isBroken = false;
  return OK;
}

function discard(session) {
  session.queue = null;
  session.unwatch();
  return OK;
}

function execute(session) {
  const { queue, isBroken, isStale } = session;
  if (queue === null) fail('ERR EXEC without MULTI');
  discard(session);
  if (isBroken) fail('EXECABORT Transaction discarded because of previous errors.');
  if (isStale) return NO_LIST;
  return queue.map(([command, args]) => {
    try {
      return command(session, ...args);
    } catch (error) {
      return failureOf(error);
    }
  });
}

function watch(session, ...keys) {
  if (session.queue !== null) fail('ERR WATCH inside MULTI is not allowed');
  for (const key of keys) {
    session.db.watch(key, session);
    session.watched.push([session.db, key]);
  }
  return OK;
}

/** redis-cli asks for descriptions, to show hints; it does without. */
function describe(verb, names) {
  if (verb === 'COUNT') return commands.size;
  if (verb === 'LIST') return [...commands.keys()].map((name) => name.toLowerCase());
  if (verb === 'INFO') return names.map(() => NO_LIST);
  return verb === 'DOCS' ? new Map() : [];
}

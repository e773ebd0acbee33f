// Commands about the connection: greetings, the protocol, the database, the name.
import { count, wrongNumber } from './arguments.mjs';
import { OK, Status, fail } from './replies.mjs';
import { databases, sessions } from './session.mjs';

export const VERSION = '7.0.15'; // of the redis whose commands these are
const PONG = new Status('PONG');
const NO_PASSWORD =
  'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?';

export const commands = {
  PING: [0, 1, ping],
  ECHO: [1, 1, (_, text) => text],
  HELLO: [0, Infinity, hello],
  AUTH: [1, 2, (_, ...words) => authenticate(words)],
  SELECT: [1, 1, select],
  QUIT: [0, Infinity, (session) => ((session.ends = true), OK)],
  RESET: [0, 0, reset],
  CLIENT: [1, Infinity, client],
};

function ping(session, text) {
  if (session.subscriptions > 0 && session.version === 2) return ['pong', text ?? ''];
  return text ?? PONG;
}

function hello(session, version = String(session.version), ...words) {
  const wanted = count(version, 'ERR Protocol version is not an integer or out of range');
  if (wanted !== 2 && wanted !== 3) fail('NOPROTO unsupported protocol version');
  for (let i = 0; i < words.length; i++) {
    const option = words[i].toUpperCase();
    if (option === 'AUTH' && i + 2 < words.length) authenticate([words[++i], words[++i]]);
    else if (option === 'SETNAME' && i + 1 < words.length) setName(session, words[++i]);
    else fail(`ERR Syntax error in HELLO option '${words[i]}'`);
  }
  session.version = wanted;
  return new Map(
    Object.entries({
      server: 'redis',
      version: VERSION,
      proto: wanted,
      id: session.id,
      mode: 'standalone',
      role: 'master',
      modules: [],
    }),
  );
}

/** The only user is `default`, who needs no password. */
function authenticate(words) {
  if (words.length === 1) fail(NO_PASSWORD);
  return words[0] === 'default' ? OK : fail('WRONGPASS invalid username-password pair or user is disabled.');
}

function select(session, index) {
  session.db = databases[count(index)] ?? fail('ERR DB index is out of range');
  return OK;
}

function reset(session) {
  session.queue = null;
  session.unwatch();
  session.channels.clear();
  session.patterns.clear();
  Object.assign(session, { db: databases[0], version: 2, name: '' });
  return new Status('RESET');
}

function setName(session, name) {
  if (/[^!-~]/.test(name)) fail('ERR Client names cannot contain spaces, newlines or special characters.');
  session.name = name;
  return OK;
}

function client(session, verb, ...args) {
  const [least, most, run] = CLIENT[verb.toUpperCase()] ?? [];
  if (run === undefined) fail(`ERR unknown subcommand '${verb.slice(0, 128)}'. Try CLIENT HELP.`);
  if (args.length < least || args.length > most) fail(wrongNumber(`client|${verb.toLowerCase()}`));
  return run(session, ...args);
}

const CLIENT = {
  ID: [0, 0, ({ id }) => id],
  GETNAME: [0, 0, ({ name }) => (name === '' ? null : name)],
  SETNAME: [1, 1, setName],
  SETINFO: [2, 2, setInformation],
  INFO: [0, 0, describe],
  LIST: [0, Infinity, () => [...sessions.values()].map(describe).join('')],
  'NO-EVICT': [1, 1, () => OK],
  'NO-TOUCH': [1, 1, () => OK],
};

function setInformation(session, attribute, value) {
  const field = { 'LIB-NAME': 'library', 'LIB-VER': 'libraryVersion' }[attribute.toUpperCase()];
  session[field ?? fail(`ERR Unrecognized option '${attribute}'`)] = value;
  return OK;
}

function describe(session) {
  const { id, name, since, db, channels, patterns, queue, version, library, libraryVersion } = session;
  const age = Math.floor((Date.now() - since) / 1000);
  const place = `db=${databases.indexOf(db)} sub=${channels.size} psub=${patterns.size} multi=${queue?.length ?? -1}`;
  return `id=${id} name=${name} age=${age} ${place} resp=${version} lib-name=${library} lib-ver=${libraryVersion}\n`;
}

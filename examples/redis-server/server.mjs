// Commands about the server: INFO, CONFIG, the size of databases.
import { matcher, wrongNumber } from './arguments.mjs';
import { VERSION } from './connection.mjs';
import { fail, OK } from './replies.mjs';
import { databases, sessions, totals } from './session.mjs';

const BEGAN = Date.now();
/** What clients and redis-benchmark ask for. CONFIG SET changes the answer and nothing else. */
const parameters = new Map(
  Object.entries({
    appendonly: 'no',
    databases: String(databases.length),
    maxmemory: '0',
    'maxmemory-policy': 'noeviction',
    'notify-keyspace-events': '',
    'proto-max-bulk-len': '67108864',
    save: '',
    timeout: '0',
  }),
);

export const commands = {
  INFO: [0, Infinity, (_, ...names) => information(names.map((name) => name.toLowerCase()))],
  CONFIG: [1, Infinity, configure],
  DBSIZE: [0, 0, ({ db }) => db.size],
  FLUSHDB: [0, 1, ({ db }, how) => flush([db], how)],
  FLUSHALL: [0, 1, (_, how) => flush(databases, how)],
  TIME: [0, 0, () => [String(Math.floor(Date.now() / 1000)), String((Date.now() % 1000) * 1000)]],
};

function flush(emptied, how = 'SYNC') {
  if (!/^A?SYNC$/i.test(how)) fail('ERR syntax error');
  for (const db of emptied) db.clear();
  return OK;
}

function configure(_, verb, ...args) {
  switch (verb.toUpperCase()) {
    case 'GET': {
      if (args.length === 0) fail(wrongNumber('config|get'));
      const tests = args.map((pattern) => matcher(pattern.toLowerCase()));
      return new Map([...parameters].filter(([name]) => tests.some((test) => test(name))));
    }
    case 'SET': {
      if (args.length < 2 || args.length % 2 === 1) fail(wrongNumber('config|set'));
      const names = args.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
      const unknown = names.find((name) => !parameters.has(name));
      if (unknown !== undefined) fail(`ERR Unknown option or number of arguments for CONFIG SET - '${unknown}'`);
      for (const [i, name] of names.entries()) parameters.set(name, args[2 * i + 1]);
      return OK;
    }
    case 'RESETSTAT':
      return OK;
    default:
      return fail(`ERR unknown subcommand '${verb.slice(0, 128)}'. Try CONFIG HELP.`);
  }
}

function information(names) {
  const wanted = names.filter((name) => !['all', 'default', 'everything'].includes(name));
  return Object.entries(sections())
    .filter(([name]) => wanted.length < names.length || names.length === 0 || wanted.includes(name.toLowerCase()))
    .map(([name, fields]) => {
      const lines = Object.entries(fields).map(([field, value]) => `${field}:${value}\r\n`);
      return `# ${name}\r\n${lines.join('')}`;
    })
    .join('\r\n');
}

function sections() {
  const used = [...databases.entries()].filter(([, db]) => db.size > 0);
  return {
    Server: {
      redis_version: VERSION,
      redis_mode: 'standalone',
      os: process.platform,
      process_id: process.pid,
      uptime_in_seconds: Math.floor((Date.now() - BEGAN) / 1000),
    },
    Clients: { connected_clients: sessions.size, blocked_clients: 0 },
    Memory: { used_memory: process.memoryUsage().heapUsed, maxmemory: 0, maxmemory_policy: 'noeviction' },
    Persistence: { loading: 0, aof_enabled: 0 },
    Stats: { total_connections_received: totals.connections, total_commands_processed: totals.commands },
    Replication: { role: 'master', connected_slaves: 0 },
    Cluster: { cluster_enabled: 0 },
    Keyspace: Object.fromEntries(
      used.map(([index, db]) => [`db${index}`, `keys=${db.size},expires=${db.expiring},avg_ttl=0`]),
    ),
  };
}

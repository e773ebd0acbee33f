// Messages that go to whoever listens to a channel.
import { matcher } from './arguments.mjs';
import { fail, Push, Several } from './replies.mjs';
import { sessions } from './session.mjs';

export const commands = {
  SUBSCRIBE: [
    1,
    Infinity,
    (session, ...names) => each(session, 'subscribe', names, (name) => session.channels.add(name)),
  ],
  PSUBSCRIBE: [
    1,
    Infinity,
    (session, ...names) => each(session, 'psubscribe', names, (name) => session.patterns.set(name, matcher(name))),
  ],
  UNSUBSCRIBE: [0, Infinity, (session, ...names) => leave(session, 'unsubscribe', names, session.channels)],
  PUNSUBSCRIBE: [0, Infinity, (session, ...names) => leave(session, 'punsubscribe', names, session.patterns)],
  PUBLISH: [2, 2, publish],
  PUBSUB: [1, Infinity, describe],
};

/** Each name is answered on its own, with how many subscriptions there are then. */
function each(session, kind, names, change) {
  return new Several(
    names.map((name) => {
      change(name);
      return new Push([kind, name, session.subscriptions]);
    }),
  );
}

function leave(session, kind, names, subscribed) {
  const all = names.length > 0 ? names : [...subscribed.keys()];
  if (all.length === 0) return new Push([kind, null, session.subscriptions]);
  return each(session, kind, all, (name) => subscribed.delete(name));
}

/** How many have got the message. */
function publish(_, channel, message) {
  let count = 0;
  for (const session of sessions.values()) {
    const pushes = [...session.patterns]
      .filter(([, test]) => test(channel))
      .map(([pattern]) => new Push(['pmessage', pattern, channel, message]));
    if (session.channels.has(channel)) pushes.unshift(new Push(['message', channel, message]));
    for (const push of pushes) session.deliver(push);
    count += pushes.length;
  }
  return count;
}

function describe(_, verb, ...args) {
  const listeners = (name) => [...sessions.values()].filter(({ channels }) => channels.has(name)).length;
  const all = [...sessions.values()];
  switch (verb.toUpperCase()) {
    case 'CHANNELS':
      return [...new Set(all.flatMap(({ channels }) => [...channels]))].filter(matcher(args[0] ?? '*'));
    case 'NUMSUB':
      return args.flatMap((name) => [name, listeners(name)]);
    case 'NUMPAT':
      return new Set(all.flatMap(({ patterns }) => [...patterns.keys()])).size;
    default:
      return fail(`ERR unknown subcommand '${verb.slice(0, 128)}'. Try PUBSUB HELP.`);
  }
}

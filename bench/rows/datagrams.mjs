// @ts-check
// Processor time of a datagram to or from one peer over loopback, against node:dgram and against C.
import { c, node, withParticipants } from '../harness/participant.mjs';
import { alternate, ratios, spread } from '../harness/rounds.mjs';

/** @typedef {import('../harness/echo-window.mjs').Context} Context */
/** @typedef {import('../harness/figures.mjs').Figure} Figure */
/** @typedef {import('../harness/participant.mjs').Participant} Participant */
/** @typedef {'send' | 'receive'} Direction */
/**
 * @typedef {object} Side
 * @property {string} name
 * @property {(direction: Direction, bytes: number, port?: number) => string[]} command
 * @property {number} warmUp               bursts
 * @property {string | undefined} peer     how the other end does it, where it differs from the rest
 */

const SIZES = [64, 1200];
const MOST_DATAGRAMS = 2048;
/** After a pause of seconds V8 collects garbage in the first two bursts. */
const BURSTS_OF_WAKING = 3;
/** What a datagram of 1200 bytes or fewer takes of a receive buffer, and more than that. */
const MOST_BUFFER_BYTES = 2560;

/** @param {string} way @returns {Side['command']} */
const program =
  (way) =>
  (direction, bytes, port = 0) =>
    c('datagrams', direction, way, bytes, port);

/** @param {string} name @param {string} way @param {string} [peer] @returns {Side} */
const inC = (name, way, peer) => ({ name, peer, warmUp: 5, command: program(way) });
/**
 * V8 compiles a probe's functions for the last time after some 70 bursts.
 * @param {string} name @param {string} way @param {string} [peer] @returns {Side}
 */
const inNode = (name, way, peer) => ({
  name,
  peer,
  warmUp: 150,
  command: (direction, bytes, port = 0) => node(`probes/${direction}-datagrams.cjs`, way, bytes, port),
});

const NODE = inNode('node:dgram', 'node');

/** @type {Record<Direction, { title: string, segments: string, limit: string, sides: Side[] }>} */
const DIRECTIONS = {
  send: {
    title: 'sent',
    segments: 'sendSegments',
    limit: 'C, UDP_SEGMENT',
    sides: [
      NODE,
      inNode('sendSegments', 'segments'),
      inNode('send', 'single'),
      inC('C, sendto', 'one'),
      inC('C, sendmmsg', 'many'),
      inC('C, UDP_SEGMENT', 'segments'),
      inNode('sendSegments to a peer without UDP_GRO', 'segments', 'many'),
      inC('C, UDP_SEGMENT to a peer without UDP_GRO', 'segments', 'many'),
    ],
  },
  receive: {
    title: 'received',
    segments: 'receiveSegments',
    limit: 'C, UDP_GRO',
    sides: [
      NODE,
      inNode('receiveSegments', 'segments'),
      inNode('recvFrom', 'single'),
      inC('C, recvfrom', 'one'),
      inC('C, recvmmsg', 'many'),
      inC('C, UDP_GRO', 'segments'),
      inNode('receiveSegments from a peer without UDP_SEGMENT', 'segments', 'many'),
    ],
  },
};

/** @param {Context} context @returns {Promise<Figure[]>} */
export async function datagrams(context) {
  /** @type {Figure[]} */
  const figures = [];
  for (const direction of /** @type {Direction[]} */ (['send', 'receive'])) {
    for (const bytes of SIZES) figures.push(...(await measure(context, direction, bytes)));
  }
  return figures;
}

/** @param {Context} context @param {Direction} direction @param {number} bytes @returns {Promise<Figure[]>} */
async function measure(context, direction, bytes) {
  const { title, segments, limit, sides } = DIRECTIONS[direction];
  const [rounds, bursts] = context.quick ? [3, 4] : [15, 10];
  const step = `datagrams of ${bytes} B ${title}`;
  let lost = 0;
  const samples = await withParticipants(async (start) => {
    /** @type {Record<string, () => Promise<number>>} */
    const turns = {};
    for (const side of sides) {
      context.progress.step(`${step}: warming up ${side.name}`);
      const burst = await connect(start, context, direction, bytes, side);
      for (let i = 0; i < side.warmUp; i++) await burst();
      turns[side.name] = async () => {
        for (let i = 0; i < BURSTS_OF_WAKING; i++) await burst();
        let [spent, arrived] = [0, 0];
        for (let i = 0; i < bursts; i++) {
          const outcome = await burst();
          spent += outcome.cpuNs;
          arrived += outcome.arrived;
          lost += outcome.lost;
        }
        return spent / arrived;
      };
    }
    context.progress.step(step);
    return alternate(turns, rounds, context.progress.rounds(rounds));
  });
  const bar = { bar: '≤ 0.10 ×', limit: 0.1 };
  const figures = sides.slice(1).map(({ name }) => {
    const isOurs = name === segments;
    return compare(samples, name, NODE.name, {
      title: `${step}: ${name} against node:dgram`,
      ...(isOurs ? bar : { bar: '' }),
    });
  });
  figures.splice(1, 0, compare(samples, segments, limit, { title: `${step}: ${segments} against ${limit}`, bar: '' }));
  if (lost > 0) for (const figure of figures) figure.against += `; ${lost} datagrams lost`;
  return figures;
}

/**
 * Starts a side and its other end. Returns what passes one burst: all of it is sent, into the receiver's buffer, and
 * then received.
 * @param {(command: string[], core: number | undefined) => Participant} start
 * @param {Context} context @param {Direction} direction @param {number} bytes @param {Side} side
 */
async function connect(start, { cores }, direction, bytes, { command, peer = 'segments' }) {
  const isSending = direction === 'send';
  const receiver = isSending
    ? start(program(peer)('receive', bytes), cores.load)
    : start(command('receive', bytes), cores.server);
  const { port, bufferBytes } = await receiver.answer();
  const sender = isSending
    ? start(command('send', bytes, port), cores.server)
    : start(program(peer)('send', bytes, port), cores.load);
  await sender.answer();
  const count = Math.min(MOST_DATAGRAMS, Math.floor(bufferBytes / MOST_BUFFER_BYTES));
  return async () => {
    const sent = await sender.ask(`send ${count}`);
    const received = await receiver.ask(`receive ${count}`);
    const { cpuNs } = isSending ? sent : received;
    return { cpuNs, arrived: received.datagrams, lost: received.lost };
  };
}

/**
 * @param {Record<string, number[]>} samples @param {string} name @param {string} base
 * @param {Figure} figure @returns {Figure}
 */
function compare(samples, name, base, figure) {
  const [own = [], other = []] = [samples[name], samples[base]];
  const ns = (/** @type {number[]} */ side) => `${spread(side).median.toFixed(0)} ns`;
  return { ...figure, unit: '×', spread: ratios(own, other), against: `${name} ${ns(own)}, ${base} ${ns(other)}` };
}

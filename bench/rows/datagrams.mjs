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
 * @property {string} [peer]   how the other end does it, where it differs from the rest
 */

const SIZES = [64, 1200];
const MOST_DATAGRAMS = 2048;
const WARM_UP_BURSTS = 150;
/** What a datagram of 1200 bytes or fewer takes of a receive buffer, and more than that. */
const MOST_BUFFER_BYTES = 2560;

/** @param {string} way */
const inC =
  (way) =>
  (/** @type {Direction} */ direction, /** @type {number} */ bytes, /** @type {number} */ port = 0) =>
    c('datagrams', direction, way, bytes, port);
/** @param {string} way */
const inNode =
  (way) =>
  (/** @type {Direction} */ direction, /** @type {number} */ bytes, /** @type {number} */ port = 0) =>
    node(`probes/${direction}-datagrams.cjs`, way, bytes, port);

const NODE = { name: 'node:dgram', command: inNode('node') };

/** @type {Record<Direction, { title: string, segments: string, peer: string, sides: Side[] }>} */
const DIRECTIONS = {
  send: {
    title: 'sent',
    segments: 'sendSegments',
    sides: [
      NODE,
      { name: 'sendSegments', command: inNode('segments') },
      { name: 'send', command: inNode('single') },
      { name: 'C, sendto', command: inC('one') },
      { name: 'C, sendmmsg', command: inC('many') },
      { name: 'C, UDP_SEGMENT', command: inC('segments') },
      { name: 'sendSegments to a peer without UDP_GRO', command: inNode('segments'), peer: 'many' },
      { name: 'C, UDP_SEGMENT to a peer without UDP_GRO', command: inC('segments'), peer: 'many' },
    ],
    peer: 'C, UDP_SEGMENT',
  },
  receive: {
    title: 'received',
    segments: 'receiveSegments',
    sides: [
      NODE,
      { name: 'receiveSegments', command: inNode('segments') },
      { name: 'recvFrom', command: inNode('single') },
      { name: 'C, recvfrom', command: inC('one') },
      { name: 'C, recvmmsg', command: inC('many') },
      { name: 'C, UDP_GRO', command: inC('segments') },
      { name: 'receiveSegments from a peer without UDP_SEGMENT', command: inNode('segments'), peer: 'many' },
    ],
    peer: 'C, UDP_GRO',
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
  const { title, segments, peer, sides } = DIRECTIONS[direction];
  const [rounds, bursts] = context.quick ? [3, 4] : [15, 10];
  const step = `datagrams of ${bytes} B ${title}`;
  let lost = 0;
  const samples = await withParticipants(async (start) => {
    /** @type {Record<string, () => Promise<number>>} */
    const turns = {};
    for (const side of sides) {
      context.progress.step(`${step}: warming up ${side.name}`);
      const burst = await connect(start, context, direction, bytes, side);
      for (let i = 0; i < WARM_UP_BURSTS; i++) await burst();
      turns[side.name] = async () => {
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
  const prefix = `datagrams of ${bytes} B ${title}`;
  const bar = { bar: '≤ 0.10 ×', limit: 0.1 };
  const figures = sides.slice(1).map(({ name }) => {
    const isOurs = name === segments;
    return compare(samples, name, NODE.name, {
      title: `${prefix}: ${name} against node:dgram`,
      ...(isOurs ? bar : { bar: '' }),
    });
  });
  figures.splice(1, 0, compare(samples, segments, peer, { title: `${prefix}: ${segments} against ${peer}`, bar: '' }));
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
    ? start(inC(peer)('receive', bytes), cores.load)
    : start(command('receive', bytes), cores.server);
  const { port, bufferBytes } = await receiver.answer();
  const sender = isSending
    ? start(command('send', bytes, port), cores.server)
    : start(inC(peer)('send', bytes, port), cores.load);
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

// @ts-check
// Servers that take part in one row: all run at once, each asleep while it is not its turn.
import { withParticipants } from './participant.mjs';
import { alternate, ratios, spread } from './rounds.mjs';

/** @typedef {import('./echo-window.mjs').Context} Context */
/** @typedef {import('./figures.mjs').Figure} Figure */
/**
 * @typedef {object} Side
 * @property {string} name
 * @property {string[]} command    a server that prints its port
 * @property {string} [objection]  why it cannot take part
 */
/** @typedef {{ pid: number, port: number }} Server */
/**
 * @typedef {object} Outcome
 * @property {Record<string, number[]>} samples          by side
 * @property {Record<string, string>} problems    by side that could not take part: why
 */

/**
 * Measures each side once per round. A side that does not start, or fails in its warm-up, is left out.
 * @param {Context} context @param {string} title @param {Side[]} sides @param {number} rounds
 * @param {{ warmUp: (server: Server) => Promise<void>, window: (server: Server) => Promise<number> }} load
 * @returns {Promise<Outcome>}
 */
export async function measureServers(context, title, sides, rounds, { warmUp, window }) {
  /** @type {Record<string, string>} */
  const problems = {};
  const samples = await withParticipants(async (start) => {
    /** @type {Record<string, () => Promise<number>>} */
    const turns = {};
    for (const { name, command, objection } of sides) {
      context.progress.step(`${title}: warming up ${name}`);
      try {
        if (objection !== undefined) throw new Error(objection);
        const participant = start(command, context.cores.server);
        const server = { pid: participant.pid, port: (await participant.answer()).port };
        await warmUp(server);
        turns[name] = () => window(server);
      } catch (error) {
        problems[name] = error instanceof Error ? error.message : String(error);
      }
    }
    context.progress.step(`${title}: ${Object.keys(turns).join(', ')}`);
    return alternate(turns, rounds, context.progress.rounds(rounds));
  });
  return { samples, problems };
}

/**
 * The figure of `name` against `base`, round by round; `show` words the nanoseconds of a side.
 * @param {Outcome} outcome @param {string} name @param {string} base @param {Figure} figure
 * @param {(name: string, ns: number) => string} show @returns {Figure}
 */
export function compareSides({ samples, problems }, name, base, figure, show) {
  const problem = problems[name] ?? problems[base];
  const [own, other] = [samples[name], samples[base]];
  if (problem !== undefined || own === undefined || other === undefined) {
    return { ...figure, reason: firstLine(problem ?? 'not measured'), failed: true };
  }
  const against = `${show(name, spread(own).median)}, ${show(base, spread(other).median)}`;
  return { ...figure, unit: '×', spread: ratios(own, other), against };
}

/** The line of a message that says what is wrong. */
function firstLine(/** @type {string} */ text) {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return (lines.find((line) => /^\w*Error\b/.test(line)) ?? lines[0] ?? text).trim();
}

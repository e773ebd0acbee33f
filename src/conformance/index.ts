/**
 * The conformance suite: the promises of a Poller, clause by clause, and a runner that checks whether a poller keeps
 * them.
 */
export { allClauses as clauses } from './clauses/all.js';
export type { Clause } from './kit/clause.js';
export type { Context } from './kit/context.js';
export type { Environment, Need } from './kit/needs.js';
export { runConformance, type ConformanceOptions } from './runner/run.js';
export type { Plan, Report, Result } from './runner/report.js';
export { select, type Filter } from './runner/filter.js';
export { type ReporterName, createReporter } from './reporters/all.js';
export type { Output, Reporter } from './reporters/reporter.js';

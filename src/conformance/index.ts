/**
 * The conformance suite: what the triggers, errors and waits of a Poller promise, clause by clause, and a
 * runner that finds out whether a poller keeps it.
 */
export { CLAUSES as clauses } from './clauses/all.js';
export type { Clause } from './kit/clause.js';
export type { Context } from './kit/context.js';
export type { Environment, Need } from './kit/needs.js';
export { runConformance, type ConformanceOptions } from './runner/run.js';
export type { Plan, Report, Result } from './reporters/report.js';
export { select, type Filter } from './runner/select.js';
export { type Output, type Reporter, type ReporterName, createReporter } from './reporters/reporter.js';

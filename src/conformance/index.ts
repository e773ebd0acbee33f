/**
 * The conformance suite: what the triggers, errors and waits of a Poller promise, clause by clause, and a
 * runner that finds out whether a poller keeps it.
 */
export { CLAUSES as clauses } from './clauses.js';
export type { Clause } from './clause.js';
export type { Context } from './context.js';
export type { Environment, Need } from './needs.js';
export { runConformance, type ConformanceOptions } from './run.js';
export type { Plan, Report, Result } from './report.js';
export { select, type Filter } from './select.js';
export { type Output, type Reporter, type ReporterName, createReporter } from './reporters/reporter.js';

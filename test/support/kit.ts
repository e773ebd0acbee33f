// What the clauses of the conformance suite are written with, for the tests. The package does not export it.
import type * as expectationsModule from '../../dist/conformance/kit/expectations.js';
import type * as scopeModule from '../../dist/conformance/kit/scope.js';
import type * as transferModule from '../../dist/conformance/kit/transfer.js';
import { moduleOfPackage } from './paths.js';

export type { Expected } from '../../dist/conformance/kit/expectations.js';

export const { Expectations } = load('expectations') as typeof expectationsModule;
export const { Scope } = load('scope') as typeof scopeModule;
export const { fill } = load('transfer') as typeof transferModule;

function load(name: string): unknown {
  return require(moduleOfPackage(`conformance/kit/${name}.js`));
}

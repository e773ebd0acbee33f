// What the clauses of the conformance suite are written with, for the tests. The package does not export it.
import type * as expectationsModule from '../../dist/conformance/kit/expectations.js';
import type { Kind } from '../../dist/conformance/kit/kinds.js';
import type * as scopeModule from '../../dist/conformance/kit/scope.js';
import { moduleOfPackage } from './paths.js';

export type { Expected } from '../../dist/conformance/kit/expectations.js';

export const { Expectations } = load('expectations') as typeof expectationsModule;
export const { Scope } = load('scope') as typeof scopeModule;
export const { fill } = load('transfer') as { fill(fd: number, kind: Kind): void };

function load(name: string): unknown {
  return require(moduleOfPackage(`conformance/kit/${name}.js`));
}

// What the clauses of the conformance suite are written with, for the tests. The package does not export it.
import type * as channelModule from '../../dist/conformance/kit/channel.js';
import type * as expectationsModule from '../../dist/conformance/kit/expectations.js';
import type * as fixturesModule from '../../dist/conformance/kit/fixtures.js';
import type * as kindsModule from '../../dist/conformance/kit/kinds.js';
import type * as scopeModule from '../../dist/conformance/kit/scope.js';
import type { Programs } from '../../dist/conformance/kit/setup.js';
import { moduleOfPackage } from './paths.js';

export type { Expected } from '../../dist/conformance/kit/expectations.js';
export type { Pair } from '../../dist/conformance/kit/fixtures.js';
export type { Kind } from '../../dist/conformance/kit/kinds.js';

export const { Channel } = load('kit/channel') as typeof channelModule;
export type Channel = channelModule.Channel;
export const { Expectations } = load('kit/expectations') as typeof expectationsModule;
export const { Fixtures, addressOf } = load('kit/fixtures') as typeof fixturesModule;
export type Fixtures = fixturesModule.Fixtures;
export const { KINDS } = load('kit/kinds') as typeof kindsModule;
export const { MODES } = load('kit/modes') as { MODES: readonly Mode[] };
export const { Scope } = load('kit/scope') as typeof scopeModule;
export const { drain, fill, send } = load('kit/transfer') as Transfer;
export const { programs } = load('runner/programs') as { programs: Programs };

// dist/ has no declarations of these modules, because the package's own declarations do not need them.
interface Mode {
  readonly name: string;
  readonly mode: number;
}

interface Transfer {
  drain(fd: number): number;
  fill(fd: number, kind: kindsModule.Kind): void;
  send(fd: number, text?: string): void;
}

function load(name: string): unknown {
  return require(moduleOfPackage(`conformance/${name}.js`));
}

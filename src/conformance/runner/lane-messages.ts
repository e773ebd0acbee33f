import type { Verdict } from './execute.js';
import type { Environment } from '../kit/needs.js';

/** What the parent asks of a lane, one at a time. */
export type LaneRequest =
  | {
      readonly type: 'open';
      readonly module: string;
      readonly pollerOptions: Readonly<Record<string, unknown>>;
      readonly directory: string;
      readonly patienceMs: number;
    }
  | { readonly type: 'run'; readonly id: string };

export type LaneReply =
  | { readonly type: 'ready'; readonly environment: Environment }
  | { readonly type: 'unusable'; readonly reason: string; readonly code: unknown; readonly stack: string | undefined }
  | { readonly type: 'verdict'; readonly verdict: Verdict };

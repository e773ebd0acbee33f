import type { Batch } from '../poller.js';

/** What a program looks at in a batch. */
export interface LookObserver {
  looked(index: number): void;
}

// TypeScript wants the parameters of a mixin's base to be any[].
// biome-ignore lint/suspicious/noExplicitAny: see above
export type BatchClass = abstract new (...args: any[]) => Batch;

/** The class `Base`, whose objects tell `observer` which events somebody looks at. */
export function watchedBatch<Base extends BatchClass>(Base: Base, observer: LookObserver): Base {
  abstract class WatchedBatch extends Base {
    override fdAt(index: number): number {
      const fd = super.fdAt(index);
      observer.looked(index);
      return fd;
    }

    override readinessAt(index: number): number {
      const readiness = super.readinessAt(index);
      observer.looked(index);
      return readiness;
    }

    override dataAt(index: number): unknown {
      const data = super.dataAt(index);
      observer.looked(index);
      return data;
    }
  }
  return WatchedBatch;
}

import type { Environment } from './needs.js';
import type { Subject } from './subject.js';

/** Opens a poller of `subject` to see what it says of itself. */
export function probe(subject: Subject, ownProcess: boolean): Environment {
  const poller = subject.createPoller({});
  try {
    return {
      backend: String(poller.backend),
      capabilities: { ...poller.capabilities },
      platform: process.platform,
      shares: subject.share !== undefined,
      ownProcess,
    };
  } finally {
    poller.close();
  }
}

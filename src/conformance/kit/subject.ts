import { pathToFileURL } from 'node:url';
import type { Poller, PollerOptions } from '../../poller.js';

/** What is tested: the exports of a module, or one function of somebody's. */
export interface Subject {
  readonly createPoller: (options: PollerOptions) => Poller;
  /** Both or neither: how a poller is given to another thread. */
  readonly share?: ((poller: Poller) => unknown) | undefined;
  readonly attachPoller?: ((handle: unknown) => Poller) | undefined;
}

/** Loads `module`, a file URL or an absolute path, whichever module system it is of. */
export async function loadSubject(module: string): Promise<Subject> {
  const url = module.startsWith('file:') ? module : pathToFileURL(module).href;
  const exports = (await import(url)) as Record<string, unknown>;
  const inner = exports['default'] as Record<string, unknown> | undefined;
  const named = (name: string): unknown => exports[name] ?? inner?.[name];
  const createPoller = named('createPoller');
  if (typeof createPoller !== 'function') throw new Error(`${module} exports no function createPoller`);
  const share = named('share');
  const attachPoller = named('attachPoller');
  const canShare = typeof share === 'function' && typeof attachPoller === 'function';
  return {
    createPoller: createPoller as Subject['createPoller'],
    ...(canShare ? { share: share as Subject['share'], attachPoller: attachPoller as Subject['attachPoller'] } : {}),
  };
}

/** `subject` with the options that every poller is opened with. */
export function withOptions(subject: Subject, base: Readonly<Record<string, unknown>>): Subject {
  return { ...subject, createPoller: (options) => subject.createPoller({ ...base, ...options }) };
}

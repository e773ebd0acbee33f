import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Driver } from '../driver/driver.js';
import { lacksOf } from '../kit/needs.js';
import type { PollerSource } from '../kit/setup.js';

/** Loads `module`: a file URL or an absolute path of a CommonJS or ES module. */
export async function loadPollerSource(module: string): Promise<PollerSource> {
  const url = module.startsWith('file:') ? module : pathToFileURL(module).href;
  const exports = (await import(url)) as Record<string, unknown>;
  const inner = exports['default'] as Record<string, unknown> | undefined;
  const named = (name: string): unknown => exports[name] ?? inner?.[name];
  const createPoller = named('createPoller');
  if (typeof createPoller !== 'function') throw new Error(`${module} exports no function createPoller`);
  const share = named('share');
  const attachPoller = named('attachPoller');
  const lacks = named('lacks');
  const canShare = typeof share === 'function' && typeof attachPoller === 'function';
  return {
    createPoller: createPoller as PollerSource['createPoller'],
    ...(canShare
      ? { share: share as PollerSource['share'], attachPoller: attachPoller as PollerSource['attachPoller'] }
      : {}),
    ...(lacks === undefined ? {} : { lacks: lacksOf(lacks) }),
  };
}

/** The module that the threads of a clause load where the poller is behind a driver. */
export const DRIVER_THREAD = join(__dirname, '..', 'driver', 'driver-thread.js');

/** The pollers behind `driver`. */
export function driverSource(driver: Driver): PollerSource {
  const { createPoller, share } = driver;
  const attachPoller = (): never => {
    throw new Error('the threads of a clause attach by themselves');
  };
  return { createPoller, share, attachPoller, driver };
}

/** `source` with the options that every poller is opened with. */
export function withOptions(source: PollerSource, base: Readonly<Record<string, unknown>>): PollerSource {
  return { ...source, createPoller: (options) => source.createPoller({ ...base, ...options }) };
}

import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import type { Poller } from 'pollux';

/** How many descriptors this process has open, by what they are open on. */
export function descriptorsByKind(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const fd of readdirSync('/proc/self/fd')) {
    let target: string;
    try {
      target = readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      continue; // the descriptor of the directory itself
    }
    const kind = target.replace(/\d+/g, '');
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).sort());
}

/** What the kernel has registered in the poller: the events it waits for, by descriptor. */
export function kernelTable(poller: Poller): Map<number, string> {
  const info = readFileSync(`/proc/self/fdinfo/${poller.fd}`, 'utf8');
  const entries = info.matchAll(/^tfd:\s*(\d+)\s+events:\s*([0-9a-f]+)/gm);
  return new Map([...entries].map(([, fd, events]) => [Number(fd), events!]));
}

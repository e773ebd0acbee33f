import { readFileSync, readdirSync } from 'node:fs';

/** The open descriptors of this process, without the one that reads the list. */
export function openDescriptors(): number[] {
  const names = readdirSync('/proc/self/fd').map(Number);
  return names.filter(isOpen).sort((a, b) => a - b);
}

function isOpen(fd: number): boolean {
  try {
    readFileSync(`/proc/self/fdinfo/${fd}`);
    return true;
  } catch {
    return false;
  }
}

/** Kilobytes of address space that this process has mapped. */
export function mappedKilobytes(): number {
  return Number(/VmSize:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))![1]);
}

/** Of three runs of `act`, the one that used the least of a processor: CPU time over elapsed time. */
export function leastCpuShare(act: () => void): number {
  const shares = Array.from({ length: 3 }, () => {
    const start = performance.now();
    const before = process.cpuUsage();
    act();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / (performance.now() - start);
  });
  return Math.min(...shares);
}

/** How many threads this process has. */
export function threadCount(): number {
  return readdirSync('/proc/self/task').length;
}

/** Threads that a runtime may start for itself at any time: to compile, to collect garbage. */
const OF_THE_RUNTIME = 8;

/** Waits, within bounds, until there are as many threads as `before`, save for the runtime's own. */
export async function untilThreads(before: number): Promise<void> {
  const most = before + OF_THE_RUNTIME;
  const end = performance.now() + 10_000;
  while (threadCount() > most && performance.now() < end) await new Promise((resolve) => setImmediate(resolve));
  if (threadCount() > most) throw new Error(`${threadCount()} threads, not ${most}`);
}

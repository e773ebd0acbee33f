import { readFileSync, readdirSync } from 'node:fs';

/** The descriptors of this process, without the one that this reads the list through. */
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

/** What a poller says of a number that is closed, or another file's by now; EPERM, EINVAL: of one that it cannot watch. */
const GONE: ReadonlySet<string | undefined> = new Set(['EBADF', 'ENOENT', 'EPERM', 'EINVAL']);

/** Whether a watch has ended for `reason` because its descriptor was closed elsewhere. */
export function isDescriptorGone(reason: Error): boolean {
  return GONE.has((reason as NodeJS.ErrnoException).code);
}

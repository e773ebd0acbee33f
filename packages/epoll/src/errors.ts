import { constants } from 'node:os';

/** The words of strerror(3) in glibc for what epoll_ctl(2) can fail with. */
const WORDS: Readonly<Record<string, string>> = {
  EBADF: 'Bad file descriptor',
  EEXIST: 'File exists',
  EINVAL: 'Invalid argument',
  ELOOP: 'Too many levels of symbolic links',
  EMFILE: 'Too many open files',
  ENFILE: 'Too many open files in system',
  ENOENT: 'No such file or directory',
  ENOMEM: 'Cannot allocate memory',
  ENOSPC: 'No space left on device',
  EPERM: 'Operation not permitted',
};

/** An error of pollux with the message that the original has, or the same error where the original has none. */
export function inOriginalWords(error: unknown): unknown {
  const words = WORDS[(error as NodeJS.ErrnoException).code ?? ''];
  if (words === undefined) return error;
  const { errno, code, syscall, fd } = error as NodeJS.ErrnoException & { fd?: number };
  return Object.assign(new Error(words), { errno, code, syscall, fd });
}

/** The error for a number that is no descriptor. */
export function badDescriptor(fd: number): Error {
  return Object.assign(new Error(WORDS['EBADF']), {
    errno: -constants.errno.EBADF,
    code: 'EBADF',
    syscall: 'epoll_ctl',
    fd,
  });
}

// A pseudoterminal has no modem lines, no low latency and no queue of output. Test files that need them import this
// module first. It runs the file again in a child process, in which a library answers for the driver: it is loaded
// before libc.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as sys from 'pollux/sys';

/** Requests to the library: how many looks at the queue find output, and what the port was told. */
const SET_QUEUE = 0xf001;
const TAKE_HISTORY = 0xf002;
const HISTORY_BYTES = 256;
/** The driver makes no higher rate, and it has no hardware flow control. */
export const MOST_BAUD = 1_000_000;

const LIBRARY = `
#define _GNU_SOURCE
#include <asm/ioctls.h>
#include <dlfcn.h>
#include <linux/serial.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <asm/termios.h>

// ioctl_tty(2): on POWER TCSETS has the rates already.
#ifdef TCSETS2
#define SET_SETTINGS TCSETS2
typedef struct termios2 Settings;
#else
#define SET_SETTINGS TCSETS
typedef struct termios Settings;
#endif

static int lines = TIOCM_CTS | TIOCM_CD | TIOCM_OUT1;
static int flags = ASYNC_SKIP_TEST;
static int looks = 0;
static char history[${HISTORY_BYTES}];

static void note(const char* call, int value) {
  size_t length = strlen(history);
  snprintf(history + length, sizeof history - length, "%s %x\\n", call, value);
}

int ioctl(int fd, unsigned long request, ...) {
  va_list list;
  va_start(list, request);
  void* argument = va_arg(list, void*);
  va_end(list);
  switch (request) {
    case TIOCMGET: *(int*)argument = lines; return 0;
    case TIOCMSET: note("TIOCMSET", lines = *(int*)argument); return 0;
    case TIOCMBIS: note("TIOCMBIS", *(int*)argument); lines |= *(int*)argument; return 0;
    case TIOCMBIC: note("TIOCMBIC", *(int*)argument); lines &= ~*(int*)argument; return 0;
    case TIOCSBRK: note("TIOCSBRK", 0); return 0;
    case TIOCCBRK: note("TIOCCBRK", 0); return 0;
    case TIOCGSERIAL:
      memset(argument, 7, sizeof(struct serial_struct));
      ((struct serial_struct*)argument)->flags = flags;
      return 0;
    case TIOCSSERIAL: {
      struct serial_struct* serial = argument;
      note(serial->irq == 0x07070707 && serial->hub6 == 0x07070707 ? "TIOCSSERIAL" : "CHANGED", flags = serial->flags);
      return 0;
    }
    case TIOCOUTQ: *(int*)argument = looks > 0 ? 100 * looks-- : 0; return 0;
    case ${SET_QUEUE}: looks = (int)(long)argument; return 0;
    case ${TAKE_HISTORY}:
      memcpy(argument, history, sizeof history);
      memset(history, 0, sizeof history);
      return 0;
  }
  int (*next)(int, unsigned long, ...) = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
  if (request == SET_SETTINGS) {
    Settings taken = *(Settings*)argument;
    if (taken.c_ospeed > ${MOST_BAUD}) {
      taken.c_cflag = (taken.c_cflag & ~CBAUD) | BOTHER;
      taken.c_ospeed = taken.c_ispeed = ${MOST_BAUD};
    }
    taken.c_cflag &= ~CRTSCTS;
    return next(fd, request, &taken);
  }
  return next(fd, request, argument);
}
`;

const MARK = 'POLLUX_TEST_SERIAL_DRIVER';

/** Why there is no such driver here; undefined where there is one. */
export const driverProblem = process.env[MARK];

if (driverProblem === undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-driver-'));
  const file = join(folder, 'driver.so');
  const { status: compiled } = spawnSync('cc', ['-shared', '-fPIC', '-o', file, '-x', 'c', '-', '-ldl'], {
    input: LIBRARY,
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const loaded = [file, process.env['LD_PRELOAD'] ?? ''].filter((name) => name !== '').join(':');
  const env =
    compiled === 0 ? { LD_PRELOAD: loaded, [MARK]: '' } : { [MARK]: 'there is no C compiler to make a driver with' };
  const { status, signal } = spawnSync(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  rmSync(folder, { recursive: true, force: true });
  if (signal !== null) process.kill(process.pid, signal);
  process.exit(status ?? 1);
}

/** The next `looks` looks at the queue of `fd` find output there. */
export function fillQueue(fd: number, looks: number): void {
  sys.ioctl(fd, SET_QUEUE, looks);
}

/** What the driver was told since the last call: requests, each with its number in hexadecimal. */
export function takeHistory(fd: number): string[] {
  const history = Buffer.alloc(HISTORY_BYTES);
  sys.ioctl(fd, TAKE_HISTORY, history);
  return history.toString('latin1', 0, history.indexOf(0)).split('\n').slice(0, -1);
}

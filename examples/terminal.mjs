// Your terminal on one side; a shell on a pseudoterminal, or a serial console, on the other. Ctrl-] leaves it.
//
//   node examples/terminal.mjs                 a shell on a pseudoterminal of its own
//   node examples/terminal.mjs -- vi notes     any other program
//   node examples/terminal.mjs /dev/ttyUSB0    a serial console, at 115200 bits a second
//
// Node waits for a terminal only where it is its own stdin; fs.read() of another holds a thread of Node's pool until
// somebody types.
import { spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { events, HANGUP, once, READABLE, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';

const LEAVE = 0x1d; // Ctrl-]

const [device, ...command] = process.argv.slice(2);
const isDevice = device !== undefined && device !== '--';
const incoming = isDevice ? openLine(device) : startOnPty(command);
// One descriptor per direction: each is waited for by itself.
const outgoing = sys.dup(incoming);
if (process.stdin.isTTY) process.stdin.setRawMode(true);
process.stderr.write('Ctrl-] leaves\r\n');

const typed = copy(0, outgoing, (bytes) => bytes.indexOf(LEAVE));
const shown = copy(incoming, 1, () => -1);
// The end of a script on stdin is not the end of the session.
await Promise.race([shown, typed.then((hasLeft) => hasLeft || shown)]);
if (process.stdin.isTTY) process.stdin.setRawMode(false);
process.exit(); // closes the pseudoterminal, and so hangs up on what runs there

/** Opens a serial line, and has bytes pass unchanged. */
function openLine(path) {
  const fd = sys.open(path, constants.O_RDWR);
  sys.setTerminalSettings(fd, { raw: true, baudRate: 115200, local: true });
  return fd;
}

/** Starts a program whose terminal is the other side of a new pseudoterminal, and returns this side. */
function startOnPty(command) {
  const [program, ...args] = command.length > 0 ? command : [process.env.SHELL ?? 'sh'];
  const { fd, path } = sys.openPty();
  const resize = () =>
    sys.setWindowSize(fd, { columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 });
  resize();
  process.stdout.on('resize', resize);
  const other = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
  // A session whose controlling terminal it is, so that Ctrl-C and jobs work: setsid(1) of util-linux or busybox.
  spawn('setsid', ['-c', program, ...args], { stdio: [other, other, other] });
  closeSync(other);
  return fd;
}

/** Copies until the end, or up to where `endOf` finds one: then true. */
async function copy(from, to, endOf) {
  const buffer = new Uint8Array(4096);
  for await (const _ of events(from, READABLE)) {
    const length = readSome(from, buffer);
    if (length === sys.WOULD_BLOCK) continue;
    if (length === 0) return false;
    const end = endOf(buffer.subarray(0, length));
    await writeAll(to, buffer.subarray(0, end < 0 ? length : end));
    if (end >= 0) return true;
  }
}

function readSome(fd, buffer) {
  try {
    return sys.read(fd, buffer);
  } catch (error) {
    if (error.code === 'EIO') return 0; // the other side of the pseudoterminal has gone
    throw error;
  }
}

async function writeAll(fd, bytes) {
  for (let rest = bytes; rest.length > 0; ) {
    const written = sys.write(fd, rest);
    if (written !== sys.WOULD_BLOCK) rest = rest.subarray(written);
    else if ((await once(fd, WRITABLE)) & HANGUP) return; // nobody will take the rest
  }
}

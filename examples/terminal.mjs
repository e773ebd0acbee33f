// Your terminal on one side, a terminal device on the other: a shell on a pseudoterminal, a serial console.
//
//   socat pty,raw,echo=0,link=/tmp/shell exec:'sh -i',pty,stderr,setsid,ctty &
//   node examples/terminal.mjs /tmp/shell      a session with that shell; Ctrl-] leaves it
//
//   stty -F /dev/ttyUSB0 115200 raw -echo
//   node examples/terminal.mjs /dev/ttyUSB0    a serial console
//
// Node waits for a terminal only where it is its own stdin; fs.read() of another holds a thread of Node's pool until
// somebody types.
import { constants, openSync } from 'node:fs';
import { events, once, READABLE, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';

const LEAVE = 0x1d;                    // Ctrl-]

// One descriptor per direction: each is waited for by itself.
const incoming = openSync(process.argv[2], constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY);
const outgoing = sys.dup(incoming);
if (process.stdin.isTTY) process.stdin.setRawMode(true);
process.stderr.write(`connected to ${process.argv[2]}, Ctrl-] leaves\n`);

const typed = copy(0, outgoing, (bytes) => bytes.indexOf(LEAVE));
const shown = copy(incoming, 1, () => -1);
// The end of a script on stdin is not the end of the session.
await Promise.race([shown, typed.then((hasLeft) => hasLeft || shown)]);
if (process.stdin.isTTY) process.stdin.setRawMode(false);
process.exit();

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
    if (error.code === 'EIO') return 0;   // the other side of the pseudoterminal has gone
    throw error;
  }
}

async function writeAll(fd, bytes) {
  for (let rest = bytes; rest.length > 0;) {
    const written = sys.write(fd, rest);
    if (written === sys.WOULD_BLOCK) await once(fd, WRITABLE);
    else rest = rest.subarray(written);
  }
}

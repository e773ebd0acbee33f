// Asks a device on a serial line: one line there, one line back, with a time limit, as one talks to a modem or a meter.
//
//   node examples/serial-line.mjs --device                  plays the device, on a pseudoterminal, and prints its path
//   node examples/serial-line.mjs /dev/pts/N "ID" "TEMP"    asks it
//
// A real one is /dev/ttyUSB0 and the like: 9600 bits a second, eight bits, no parity, one stop bit.
import { constants } from 'node:fs';
import { HANGUP, once, READABLE, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';

const TIMEOUT_MS = 2000;
const ATTEMPTS = 3;
/** Bytes pass unchanged; without a modem, DCD does not matter. */
const SETTINGS = { raw: true, baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1, rtscts: false, local: true };

class Line {
  #fd;
  #text = '';
  #buffer = Buffer.alloc(256);

  constructor(fd) {
    this.#fd = fd;
  }

  /** The next line; rejects with ETIMEDOUT. Without a limit it waits for ever. */
  async receive(timeoutMs) {
    const deadlineMs = performance.now() + (timeoutMs ?? Infinity);
    for (;;) {
      const end = this.#text.search(/\r?\n/);
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(this.#text.indexOf('\n') + 1);
        return line;
      }
      await once(this.#fd, READABLE, { timeoutMs: Math.max(0, deadlineMs - performance.now()) });
      const length = sys.read(this.#fd, this.#buffer);
      if (length === 0) throw new Error('the line is gone');
      if (length > 0) this.#text += this.#buffer.latin1Slice(0, length);
    }
  }

  async send(line) {
    for (let rest = Buffer.from(`${line}\r\n`, 'latin1'); rest.length > 0; ) {
      const written = sys.write(this.#fd, rest);
      if (written !== sys.WOULD_BLOCK) rest = rest.subarray(written);
      else if ((await once(this.#fd, WRITABLE)) & HANGUP) throw new Error('the line is gone'); // a serial line is slow
    }
  }

  /** The answer to `question`, which is asked again where none comes in time. */
  async ask(question) {
    for (let attempt = 1; ; attempt++) {
      this.#text = '';
      await this.send(question);
      try {
        return await this.receive(TIMEOUT_MS);
      } catch (error) {
        if (error.code !== 'ETIMEDOUT' || attempt === ATTEMPTS) throw error;
        console.log(`${question}: no answer, once more`);
      }
    }
  }
}

async function playDevice(line) {
  const answers = { ID: 'THERMOMETER 1', TEMP: '21.5' };
  for (;;) await line.send(answers[await line.receive()] ?? 'ERROR');
}

const [first, ...questions] = process.argv.slice(2);
if (first === '--device') {
  const { fd, path } = sys.openPty();
  const kept = sys.open(path, constants.O_RDWR); // as long as somebody has it open, nobody's leaving hangs the line up
  sys.setTerminalSettings(kept, SETTINGS);
  console.log(path);
  await playDevice(new Line(fd));
} else if (first !== undefined) {
  const fd = sys.open(first, constants.O_RDWR);
  sys.setTerminalSettings(fd, SETTINGS, { when: 'flush' }); // what came before is not an answer
  const line = new Line(fd);
  for (const question of questions) console.log(`${question}: ${await line.ask(question)}`);
} else {
  console.error('usage: node examples/serial-line.mjs --device | DEVICE QUESTION...');
  process.exitCode = 2;
}

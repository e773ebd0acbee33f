// Writes to the log of the system, as logger(1) does: datagrams to a unix socket, RFC 3164.
//
//   node examples/syslog.mjs "the boat has left"
//   node examples/syslog.mjs --socket /tmp/log "the boat has left"       another socket than /dev/log
import { once, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';

const FACILITY_USER = 1;
const SEVERITY_NOTICE = 5;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function timestamp(date) {
  const two = (number, fill) => String(number).padStart(2, fill);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => two(part, '0')).join(':');
  return `${MONTHS[date.getMonth()]} ${two(date.getDate(), ' ')} ${time}`;
}

export class Syslog {
  #fd = sys.socket('unix', 'dgram');

  constructor(path) {
    sys.connect(this.#fd, { path }); // a datagram socket that is connected becomes writable when there is space
  }

  async log(text, severity = SEVERITY_NOTICE) {
    const line = `<${FACILITY_USER * 8 + severity}>${timestamp(new Date())} pollux[${process.pid}]: ${text}`;
    while (sys.send(this.#fd, Buffer.from(line)) === sys.WOULD_BLOCK) await once(this.#fd, WRITABLE);
  }

  close() {
    sys.close(this.#fd);
  }
}

const rest = process.argv.slice(2);
const path = rest[0] === '--socket' ? rest.splice(0, 2)[1] : '/dev/log';
if (rest.length === 0) {
  console.error('usage: node examples/syslog.mjs [--socket PATH] TEXT...');
  process.exit(2);
}
const log = new Syslog(path);
for (const text of rest) await log.log(text);
log.close();

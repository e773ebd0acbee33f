// Counts and times to statsd over a unix socket, without ever waiting: what the daemon has no room for is counted and
// dropped.
//
//   node examples/statsd.mjs /var/run/statsd.sock hits:1\|c login:32\|ms
import * as sys from 'pollux/sys';

const MOST_BYTES = 1400;

export class Statsd {
  #fd = sys.socket('unix', 'dgram');
  #path;
  #lines = [];
  #bytes = 0;
  dropped = 0;

  constructor(path) {
    this.#path = path;
  }

  /** One metric; several travel in one datagram. */
  add(line) {
    if (this.#bytes + line.length + 1 > MOST_BYTES) this.flush();
    this.#lines.push(line);
    this.#bytes += line.length + 1;
  }

  flush() {
    if (this.#lines.length === 0) return;
    const datagram = Buffer.from(this.#lines.join('\n'));
    try {
      if (sys.sendTo(this.#fd, datagram, { path: this.#path }) === sys.WOULD_BLOCK) this.dropped += this.#lines.length;
    } catch (error) {
      if (error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT') throw error; // the daemon is being restarted
      this.dropped += this.#lines.length;
    }
    this.#lines = [];
    this.#bytes = 0;
  }
}

const [path, ...metrics] = process.argv.slice(2);
if (path === undefined) {
  console.error('usage: node examples/statsd.mjs PATH METRIC...');
  process.exit(2);
}
const statsd = new Statsd(path);
for (const metric of metrics) statsd.add(metric);
statsd.flush();
console.log(`${metrics.length - statsd.dropped} sent, ${statsd.dropped} dropped`);

// hot-shots over unix datagrams: a burst that fills the queue of the receiver, and a receiver that is started again.
// The argument is the path of the receiver.
const { rmSync } = require('node:fs');
const StatsD = require('hot-shots');
const unix = require('unix-dgram');

const [, , path] = process.argv;
const BURST = 1000;

function startReceiver(onMessage) {
  const receiver = unix.createSocket('unix_dgram', (message) => onMessage(String(message)));
  receiver.bind(path);
  return receiver;
}

const seen = new Set();
let errors = 0;
const first = startReceiver((message) => {
  seen.add(message);
  if (seen.size === BURST) startAgain();
});
const client = new StatsD({
  protocol: 'uds',
  path,
  maxBufferSize: 0,
  udsGracefulRestartRateLimit: 1,
  udsRetryOptions: { retries: 10_000, retryDelayMs: 1, maxRetryDelayMs: 5 },
  errorHandler: ({ code }) => {
    errors++;
    console.log('error', code);
  },
});
for (let number = 0; number < BURST; number++) client.gauge('burst', number);

function startAgain() {
  console.log(`${seen.size} different messages, ${errors} errors`);
  first.close();
  rmSync(path);
  const second = startReceiver((message) => {
    console.log(message);
    client.close((error) => {
      console.log('closed', error);
      second.close();
    });
  });
  // The receiver that the client is connected to is gone. The client then connects to the new one.
  client.increment('lost');
  client.increment('found');
}

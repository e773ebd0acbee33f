// @ts-check
'use strict';
// http.cjs net|pollux: node:http over sockets of node:net, or over pollux's streams.
const { createServer } = require('node:http');

const BODY = Buffer.alloc(100, 'x');

const http = createServer((_, response) => {
  response.sendDate = false;
  response.setHeader('content-length', BODY.length);
  response.end(BODY);
});
http.keepAliveTimeout = 0;

/** @param {string | import('node:net').AddressInfo | null} address */
function tell(address) {
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  console.log(JSON.stringify({ port: address.port }));
}

const where = { host: '127.0.0.1', port: 0, backlog: 1024 };
if (process.argv[2] === 'net') {
  http.listen(where, () => tell(http.address()));
} else {
  const server = require('pollux').createServer({ noDelay: true }, (stream) => http.emit('connection', stream));
  server.listen(where, () => tell(server.address()));
}

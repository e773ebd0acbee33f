// @ts-check
'use strict';
// pollux's streams, used as node-net.cjs uses sockets.
const { createServer } = require('pollux');

const server = createServer({ noDelay: true }, (stream) => {
  stream.on('data', (data) => stream.write(data));
  stream.on('error', () => stream.destroy());
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, () => {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  console.log(JSON.stringify({ port: address.port }));
});

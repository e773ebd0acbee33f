// @ts-check
'use strict';
// node:net as its users write it.
const net = require('node:net');

const server = net.createServer({ noDelay: true }, (socket) => {
  socket.on('data', (data) => socket.write(data));
  socket.on('error', () => socket.destroy());
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, () => {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  console.log(JSON.stringify({ port: address.port }));
});

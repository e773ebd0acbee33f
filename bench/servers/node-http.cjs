// @ts-check
'use strict';
// node:http serving the files of a folder, as its users write it.
const {
  createReadStream,
  promises: { stat },
} = require('node:fs');
const { createServer } = require('node:http');
const { join, normalize } = require('node:path');
const { pipeline } = require('node:stream');

const root = process.argv[2] ?? '.';
const server = createServer(async (request, response) => {
  try {
    const path = join(root, normalize(decodeURIComponent(request.url ?? '/')));
    const { size } = await stat(path);
    response.writeHead(200, { 'content-length': size, 'content-type': 'application/octet-stream' });
    pipeline(createReadStream(path), response, () => {});
  } catch {
    response.writeHead(404).end();
  }
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, () => {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  console.log(`listening on 127.0.0.1:${address.port}`);
});

// @ts-check
'use strict';
// Reads from a fast peer to the end, over a socket of node:net or a stream of pollux.
//
//   download.cjs net|pollux PORT
//   data               'data' events;  iterate: for await;  resume: nothing looks at the bytes.   {"cpuNs","bytes"}
const { connect } = require('node:net');
const { once } = require('node:events');
const { answerLinesLater, cpuNs } = require('./by-line.cjs');

const [, , way, port = '0'] = process.argv;
const where = { host: '127.0.0.1', port: Number(port) };
const open = () => (way === 'net' ? connect(where) : require('pollux').connectStream(where));

/** @typedef {import('node:net').Socket | import('pollux').FdStream} Stream */
/** @type {Record<string, (stream: Stream) => Promise<number>>} */
const WAYS = {
  async data(stream) {
    let bytes = 0;
    stream.on('data', (/** @type {Buffer} */ data) => {
      bytes += data.length;
    });
    await once(stream, 'close');
    return bytes;
  },
  async iterate(stream) {
    let bytes = 0;
    for await (const data of stream) bytes += data.length;
    return bytes;
  },
  async resume(stream) {
    stream.resume();
    await once(stream, 'close');
    return stream.bytesRead;
  },
};

answerLinesLater(async ([name = '']) => {
  const read = WAYS[name];
  if (read === undefined) throw new Error(`no way ${name}`);
  const start = cpuNs();
  const bytes = await read(open());
  return { cpuNs: cpuNs() - start, bytes };
});

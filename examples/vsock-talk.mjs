// Lines between a virtual machine and its host, without a network: AF_VSOCK. Linux.
//
//   node examples/vsock-talk.mjs                        listens, and prints what comes
//   node examples/vsock-talk.mjs 2 1024 hello           sends a line to the host; a machine has the number that its host gave it
import { FdStream, listen, once, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import { AF_VSOCK, ANY, SOCK_STREAM, vsockAddress, vsockParts } from './support/vsock.mjs';

const [cid, port, text = 'hello'] = process.argv.slice(2);

const fd = sys.socket({ domain: AF_VSOCK, type: SOCK_STREAM });
if (cid === undefined) receive();
else await send(vsockAddress(Number(cid), Number(port)));

function receive() {
  sys.bind(fd, vsockAddress(ANY, ANY));
  sys.listen(fd);
  listen({ fd }, (connection) => {
    const { cid, port } = vsockParts(sys.peerAddress(connection));
    new FdStream(connection)
      .setEncoding('utf8')
      .on('data', (line) => console.log(`${cid}:${port} says ${line.trimEnd()}`))
      .on('error', (error) => console.error(error.message));
  });
  console.log(`listening on port ${vsockParts(sys.localAddress(fd)).port}`);
}

async function send(address) {
  if (sys.connect(fd, address) === sys.WOULD_BLOCK) {
    await once(fd, WRITABLE);
    const error = sys.takeError(fd);
    if (error !== 0) {
      console.error(`no connection: ${sys.errorName(error)}`);
      process.exit(1);
    }
  }
  new FdStream(fd).end(`${text}\n`);
}

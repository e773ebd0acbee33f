// Prints who can connect to a listener of every address: `dual-stack.js`.
import { connect, listen } from 'pollux';
import * as sys from 'pollux/sys';

async function main(): Promise<void> {
  const probe = sys.socket('ipv6');
  console.log('by default ipv6 only', sys.getOption(probe, 'ipv6Only'));
  for (const options of [{ port: 0 }, { host: '::', port: 0 }]) {
    const listener = listen(options, (fd) => sys.close(fd));
    const { port } = listener.address;
    for (const host of ['::1', '127.0.0.1']) {
      await connect({ host, port }).then(sys.close, () => console.log(host, 'cannot connect'));
    }
    listener.close();
  }
  console.log('done');
}

void main();

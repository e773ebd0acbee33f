// Asks the local network for services: a DNS query by multicast, RFC 6762. Answers are printed as they come, for two
// seconds.
//
//   node examples/mdns-query.mjs _ipp._tcp.local
//   node examples/mdns-query.mjs _ipp._tcp.local lo       by one interface
import { READABLE, watch } from 'pollux';
import * as sys from 'pollux/sys';

const GROUP = '224.0.0.251';
const PORT = 5353;
const WAIT_MS = Number(process.env.MDNS_WAIT_MS ?? 2000);
const [PTR, IN] = [12, 1];
const HEADER_BYTES = 12;

function question(name) {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(1, 4);
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, PTR, 0, IN])]);
}

/** The name at `at`, and where it ends. What is compressed points backwards. */
function nameAt(bytes, at) {
  const labels = [];
  let end;
  for (let jumps = 0; bytes[at] !== 0; ) {
    if (bytes[at] === undefined || jumps > 32) throw new RangeError('not a name');
    if (bytes[at] >= 0xc0) {
      end ??= at + 2;
      at = bytes.readUInt16BE(at) & 0x3fff;
      jumps++;
    } else {
      labels.push(bytes.toString('utf8', at + 1, at + 1 + bytes[at]));
      at += 1 + bytes[at];
    }
  }
  return { name: labels.join('.'), end: end ?? at + 1 };
}

/** The names that the PTR records of an answer point to. */
function pointers(bytes) {
  const found = [];
  const isAnswer = (bytes[2] & 0x80) !== 0;
  let at = HEADER_BYTES;
  for (let left = bytes.readUInt16BE(4); left > 0; left--) at = nameAt(bytes, at).end + 4;
  for (let left = isAnswer ? bytes.readUInt16BE(6) : 0; left > 0; left--) {
    at = nameAt(bytes, at).end;
    if (bytes.readUInt16BE(at) === PTR) found.push(nameAt(bytes, at + 10).name);
    at += 10 + bytes.readUInt16BE(at + 8);
  }
  return found;
}

const [service, interfaceName] = process.argv.slice(2);
if (service === undefined) {
  console.error('usage: node examples/mdns-query.mjs SERVICE [INTERFACE]');
  process.exit(2);
}

const index = interfaceName === undefined ? 0 : sys.interfaceIndex(interfaceName);
const fd = sys.socket('ipv4', 'dgram');
sys.setOption(fd, 'reuseAddress', true); // a responder of this machine has the port, too
sys.setOption(fd, 'reusePort', true);
sys.bind(fd, { host: '0.0.0.0', port: PORT });
sys.setOption(fd, 'addMembership', { group: GROUP, interface: index });
sys.setOption(fd, 'multicastInterface', index);
sys.setOption(fd, 'multicastTtl', 255);
sys.setOption(fd, 'packetInfo', true); // tells by which interface an answer came
sys.sendTo(fd, question(service), { host: GROUP, port: PORT });
console.log(`asked for ${service}`);

const buffer = Buffer.alloc(9000);
const answers = watch(fd, READABLE, () => {
  for (let message; (message = sys.receiveMessage(fd, [buffer])) !== sys.WOULD_BLOCK; ) {
    try {
      for (const name of pointers(buffer.subarray(0, message.length))) {
        console.log(`${name} at ${message.address.host}, interface ${message.control.packetInfo.interface}`);
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error; // not a message of DNS
    }
  }
});
setTimeout(() => {
  answers.close();
  sys.close(fd);
}, WAIT_MS);

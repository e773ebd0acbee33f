// Shows the UDP datagrams that pass an interface, of one port: packet(7), with a filter that runs in the kernel. Linux,
// as root.
//
//   node examples/capture-packets.mjs lo 5353
import { READABLE, watch } from 'pollux';
import * as sys from 'pollux/sys';
import { pack, unpack } from './support/structs.mjs';

const AF_PACKET = 17;
const SOCK_DGRAM = 2; // without the header of the link: a packet begins with that of IP
const ETH_P_IP = 0x0800;
const DIRECTIONS = ['in', 'broadcast', 'multicast', 'other', 'out']; // PACKET_HOST …
const UDP = 17;

const [name, portText] = process.argv.slice(2);
const port = Number(portText);
if (name === undefined || !(port > 0)) {
  console.error('usage: node examples/capture-packets.mjs INTERFACE PORT');
  process.exit(2);
}

const networkOrder = (value) => ((value & 0xff) << 8) | (value >> 8);

/** Instructions of classic BPF: code, how far to jump when true and when false, a number. */
const program = [
  [0x30, 0, 0, 9], // the protocol of the packet
  [0x15, 0, 8, UDP],
  [0x28, 0, 0, 6], // the place of the fragment:
  [0x45, 6, 0, 0x1fff], // only the first one has ports
  [0xb1, 0, 0, 0], // X = length of the header of IP
  [0x48, 0, 0, 0], // the port that it comes from
  [0x15, 2, 0, port],
  [0x48, 0, 0, 2], // the port that it goes to
  [0x15, 0, 1, port],
  [0x06, 0, 0, 0xffff], // take it
  [0x06, 0, 0, 0], // drop it
].map((instruction) => pack('hbbi', ...instruction));

const fd = sys.socket({ domain: AF_PACKET, type: SOCK_DGRAM, protocol: 0 }); // protocol 0: nothing comes before the filter is there
sys.setOption(fd, 'packetFilter', Buffer.concat(program));
// struct sockaddr_ll: family, protocol, interface, and what only received packets have.
sys.bind(fd, {
  raw: Buffer.concat([pack('hhi', AF_PACKET, networkOrder(ETH_P_IP), sys.interfaceIndex(name)), Buffer.alloc(12)]),
});
console.log(`capturing on ${name}`);

const buffer = Buffer.alloc(65536);
watch(fd, READABLE, () => {
  for (let packet; (packet = sys.recvFrom(fd, buffer)) !== sys.WOULD_BLOCK; ) {
    const [, , , , kind] = unpack('hhihb', packet.address.raw);
    const header = (buffer[0] & 15) * 4;
    const [from, to] = [buffer.subarray(12, 16).join('.'), buffer.subarray(16, 20).join('.')];
    const [fromPort, toPort] = [buffer.readUInt16BE(header), buffer.readUInt16BE(header + 2)];
    const length = buffer.readUInt16BE(header + 4) - 8;
    console.log(`${DIRECTIONS[kind]} ${from}:${fromPort} > ${to}:${toPort} ${length} bytes`);
  }
});

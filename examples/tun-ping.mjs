// A network of one's own: every address of 10.77.0.0/24 answers ping, from this program. Linux, as root; unshare -n
// keeps it apart.
//
//   unshare -n node examples/tun-ping.mjs          then, in the same network: ping 10.77.0.5
//   unshare -n node examples/tun-ping.mjs --try    asks three times by itself
import { once, READABLE, watch } from 'pollux';
import * as sys from 'pollux/sys';
import { pack, text, textIn } from './support/structs.mjs';

const AF_INET = 2;
const SOCK_RAW = 3;
const IPPROTO_ICMP = 1;
const TUNSETIFF = 0x400454ca;
const SIOCSIFFLAGS = 0x8914;
const SIOCSIFADDR = 0x8916;
const SIOCSIFNETMASK = 0x891c;
const IFF_UP = 1;
const IFF_TUN = 1;
const IFF_NO_PI = 0x1000; // packets without a header of the driver's
const [ECHO_REPLY, ECHO_REQUEST] = [0, 8];
const IFREQ_BYTES = 40;

/** struct ifreq: the name of an interface, and what the request is about. */
function ifreq(name, value) {
  return Buffer.concat([text(name, 16), value], IFREQ_BYTES);
}

/** struct sockaddr_in. */
function internet(...host) {
  return Buffer.concat([pack('hh', AF_INET, 0), Buffer.from(host), Buffer.alloc(8)]);
}

/** RFC 1071 */
function checksum(bytes) {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at] << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

/** The answer to `packet`; undefined where there is none. */
function answer(packet) {
  const header = (packet[0] & 15) * 4;
  if (packet[0] >> 4 !== 4 || packet[9] !== IPPROTO_ICMP || packet[header] !== ECHO_REQUEST) return undefined;
  const reply = Buffer.from(packet);
  packet.copy(reply, 12, 16, 20); // to whom it was sent answers
  packet.copy(reply, 16, 12, 16);
  reply[header] = ECHO_REPLY;
  reply.writeUInt16BE(0, header + 2);
  reply.writeUInt16BE(checksum(reply.subarray(header)), header + 2);
  return reply;
}

const tun = sys.open('/dev/net/tun', 'r+');
const request = ifreq('', pack('h', IFF_TUN | IFF_NO_PI));
sys.ioctl(tun, TUNSETIFF, request);
const name = textIn(request);

const control = sys.socket('ipv4', 'dgram');
sys.ioctl(control, SIOCSIFADDR, ifreq(name, internet(10, 77, 0, 1)));
sys.ioctl(control, SIOCSIFNETMASK, ifreq(name, internet(255, 255, 255, 0)));
sys.ioctl(control, SIOCSIFFLAGS, ifreq(name, pack('h', IFF_UP)));
sys.close(control);
console.log(`10.77.0.0/24 is on ${name}`);

const buffer = Buffer.alloc(65536);
const packets = watch(tun, READABLE, () => {
  for (let length; (length = sys.read(tun, buffer)) !== sys.WOULD_BLOCK; ) {
    const reply = answer(buffer.subarray(0, length));
    if (reply !== undefined) sys.write(tun, reply);
  }
});

if (process.argv[2] === '--try') {
  const socket = sys.socket({ domain: AF_INET, type: SOCK_RAW, protocol: IPPROTO_ICMP });
  for (let sequence = 1; sequence <= 3; sequence++) {
    const ping = Buffer.concat([Buffer.from([ECHO_REQUEST, 0, 0, 0, 0, 77, 0, sequence]), Buffer.from('pollux')]);
    ping.writeUInt16BE(checksum(ping), 2);
    sys.sendTo(socket, ping, { host: '10.77.0.5', port: 0 });
    await once(socket, READABLE, { timeoutMs: 10_000 });
    const reply = Buffer.alloc(1500);
    const { length, address } = sys.recvFrom(socket, reply);
    console.log(`${length - 20} bytes from ${address.host}, number ${reply.readUInt16BE(20 + 6)}`);
  }
  packets.close();
}

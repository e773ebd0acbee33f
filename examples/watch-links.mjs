// Says which network interfaces and addresses come, change and go: netlink(7), rtnetlink(7). Linux.
//
//   node examples/watch-links.mjs          then, elsewhere, as root: ip link add name test type dummy && ip link del test
import { isIPv6 } from 'node:net';
import { READABLE, watch } from 'pollux';
import * as sys from 'pollux/sys';
import { pack, textIn, unpack } from './support/structs.mjs';

const AF_INET = 2;
const AF_NETLINK = 16;
const SOCK_RAW = 3;
const NETLINK_ROUTE = 0;
const GROUPS = 0x1 | 0x10 | 0x100; // RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR
const KINDS = { 16: '+ link', 17: '- link', 20: '+ address', 21: '- address' }; // RTM_NEWLINK …
const IFF_UP = 1;
const IFLA_IFNAME = 3;
const IFA_ADDRESS = 1;
const HEADER_BYTES = 16; // struct nlmsghdr

/** The attributes behind the fixed part of a message: struct rtattr, each aligned to 4 bytes. */
function attributes(bytes) {
  const found = new Map();
  for (let at = 0; at + 4 <= bytes.length; ) {
    const [length, type] = unpack('hh', bytes, at);
    if (length < 4) break;
    found.set(type, bytes.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return found;
}

function addressText(family, bytes) {
  if (family === AF_INET) return bytes.join('.');
  const parts = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16));
  const host = new URL(`http://[${parts.join(':')}]`).hostname.slice(1, -1);
  return isIPv6(host) ? host : parts.join(':');
}

function describe(type, body) {
  if (type === 16 || type === 17) {
    const [, , , index, flags] = unpack('bbhii', body); // struct ifinfomsg
    const name = textIn(attributes(body.subarray(16)).get(IFLA_IFNAME) ?? Buffer.alloc(1));
    return `${index} ${name} ${flags & IFF_UP ? 'up' : 'down'}`;
  }
  const [family, prefix, , , index] = unpack('bbbbi', body); // struct ifaddrmsg
  const address = attributes(body.subarray(8)).get(IFA_ADDRESS);
  return `${index} ${address === undefined ? '?' : addressText(family, address)}/${prefix}`;
}

const fd = sys.socket({ domain: AF_NETLINK, type: SOCK_RAW, protocol: NETLINK_ROUTE });
sys.bind(fd, { raw: pack('hhii', AF_NETLINK, 0, 0, GROUPS) }); // struct sockaddr_nl
console.log('watching');

const buffer = Buffer.alloc(65536);
watch(fd, READABLE, () => {
  for (let received; (received = sys.recvFrom(fd, buffer)) !== sys.WOULD_BLOCK; ) {
    const [, , sender] = unpack('hhi', received.address.raw);
    if (sender !== 0) continue; // any process may send: the kernel is number 0
    for (let at = 0; at + HEADER_BYTES <= received.length; ) {
      const [length, type] = unpack('ih', buffer, at);
      if (length < HEADER_BYTES) break;
      const kind = KINDS[type];
      if (kind !== undefined) console.log(`${kind} ${describe(type, buffer.subarray(at + HEADER_BYTES, at + length))}`);
      at += (length + 3) & ~3;
    }
  }
});

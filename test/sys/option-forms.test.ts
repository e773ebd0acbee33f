import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { untilPolled, POLLIN } from '../support/descriptors.js';
import { expectRefusal, expectSystemError, thrownBy } from '../support/expect.js';
import { addressOf } from '../support/kit.js';
import { moduleOfPackage } from '../support/paths.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('sys option forms', { needs: ['kernel'], sanitized: ['epoll'] });
const onLinux = test.unless(process.platform === 'linux' ? undefined : `${process.platform} has other numbers`);

const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_ATTACH_FILTER = 26;
const IPPROTO_TCP = 6;
const TCP_CONGESTION = 13;

function udp(scope: Scope, family: 'ipv4' | 'ipv6' = 'ipv4'): number {
  return scope.own(sys.socket(family, 'dgram'));
}

onLinux(
  'sys:option-number.1 getOption() by level and number returns the bytes that the kernel wrote, and setOption() takes an integer or bytes',
  scoped((scope) => {
    const fd = udp(scope);
    const option = { level: SOL_SOCKET, name: SO_RCVBUF };
    sys.setOption(fd, option, 40_000);
    const bytes = sys.getOption(fd, option);
    assert.is(bytes.length, 4);
    assert.is(new Int32Array(new Uint8Array(bytes).buffer)[0], 80_000);
    sys.setOption(fd, option, Int32Array.of(50_000));
    assert.is(sys.getOption(fd, 'receiveBuffer'), 100_000);
    assert.is(sys.getOption(fd, { ...option, length: 2 }).length, 2);
    assert.is(sys.getOption(fd, { ...option, length: 0 }).length, 0);
    sys.setOption(fd, { level: SOL_SOCKET, name: 6 }, true);
    assert.is(sys.getOption(fd, 'broadcast'), true);
    const tcp = scope.own(sys.socket('ipv4'));
    const name = sys.getOption(tcp, { level: IPPROTO_TCP, name: TCP_CONGESTION });
    assert.is(name.toString('utf8', 0, name.indexOf(0)), sys.getOption(tcp, 'congestion'));
    expectSystemError(() => sys.getOption(fd, { level: SOL_SOCKET, name: 9999 }), 'ENOPROTOOPT', fd);
    expectSystemError(() => sys.setOption(fd, { level: SOL_SOCKET, name: 9999 }, 1), 'ENOPROTOOPT', fd);
  }),
);

onLinux(
  'sys:option-number.2 reading an option whose length does not count bytes writes nothing outside the buffer',
  scoped((scope) => {
    const fd = udp(scope);
    const program = Buffer.concat(Array.from({ length: 100 }, (_, index) => accept(index)));
    sys.setOption(fd, 'packetFilter', program);
    const read = sys.getOption(fd, { level: SOL_SOCKET, name: SO_ATTACH_FILTER, length: 100 });
    assert.ok(read.equals(program));
    expectSystemError(() => sys.getOption(fd, { level: SOL_SOCKET, name: SO_ATTACH_FILTER, length: 99 }), 'EINVAL', fd);
  }),
);

/** BPF_RET | BPF_K: take so many bytes of the packet. */
function accept(bytes: number): Buffer {
  const instruction = Buffer.from(new ArrayBuffer(8));
  new Uint16Array(instruction.buffer, 0, 1)[0] = 0x06;
  new Uint32Array(instruction.buffer, 4, 1)[0] = bytes;
  return instruction;
}

onLinux(
  'sys:option-form.1 a packet filter drops the packets that it does not accept, until it is removed',
  scoped((scope) => {
    const [receiver, sender] = [udp(scope), udp(scope)];
    sys.bind(receiver, { host: '127.0.0.1' });
    const to = addressOf(receiver);
    sys.setOption(receiver, 'packetFilter', accept(0));
    sys.sendTo(sender, Buffer.from('dropped'), to);
    sys.setOption(receiver, 'packetFilter', new Uint8Array(0));
    sys.setOption(receiver, 'packetFilter', new Uint8Array(0));
    sys.sendTo(sender, Buffer.from('taken'), to);
    untilPolled(receiver, POLLIN);
    const buffer = Buffer.alloc(16);
    assert.is(buffer.toString('utf8', 0, sys.recv(receiver, buffer)), 'taken');
    for (const bad of [Buffer.alloc(7), Buffer.alloc(8 * 4097)]) {
      expectRefusal(() => sys.setOption(receiver, 'packetFilter', bad), RangeError, 'ERR_OUT_OF_RANGE');
    }
    expectRefusal(() => sys.setOption(receiver, 'packetFilter', 'x' as never), TypeError, 'ERR_INVALID_ARG_TYPE');
    expectSystemError(() => sys.setOption(receiver, 'packetFilter', Buffer.alloc(8)), 'EINVAL', receiver);
  }),
);

/** Why no multicast can be sent over the loopback interface; undefined where one can. */
function lackOfMulticast(family: 'ipv4' | 'ipv6', group: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const fd = sys.socket(family, 'dgram');
  try {
    sys.setOption(fd, 'multicastInterface', sys.interfaceIndex('lo'));
    sys.sendTo(fd, new Uint8Array(1), { host: group, port: 9 });
    return undefined;
  } catch (error) {
    return `the kernel has no route for ${family} multicasts over lo: ${(error as sys.SystemError).code}`;
  } finally {
    sys.close(fd);
  }
}

for (const [family, group, loopback] of [
  ['ipv4', '239.255.7.7', '127.0.0.1'],
  ['ipv6', 'ff12::7', '::1'],
] as const) {
  onLinux.unless(lackOfMulticast(family, group))(
    `sys:option-form.2 ${family}: a socket that has joined a multicast group receives its datagrams, and none after leaving`,
    scoped((scope) => {
      const lo = sys.interfaceIndex('lo');
      const [member, sender] = [udp(scope, family), udp(scope, family)];
      sys.bind(member, { port: 0 });
      sys.setOption(member, 'addMembership', { group, interface: lo });
      assert.is(thrownBy(() => sys.setOption(member, 'addMembership', { group, interface: lo })).code, 'EADDRINUSE');
      sys.setOption(sender, 'multicastInterface', lo);
      sys.setOption(sender, 'multicastTtl', 0);
      assert.is(sys.getOption(sender, 'multicastTtl'), 0);
      const { port } = sys.localAddress(member) as sys.InternetAddress;
      sys.sendTo(sender, Buffer.from('hear'), { host: group, port });
      untilPolled(member, POLLIN);
      assert.is(sys.recv(member, Buffer.alloc(16)), 4);
      sys.setOption(member, 'dropMembership', { group, interface: lo });
      assert.is(
        thrownBy(() => sys.setOption(member, 'dropMembership', { group, interface: lo })).code,
        'EADDRNOTAVAIL',
      );
      sys.setOption(member, 'addMembership', { group, interface: lo, source: loopback });
      sys.setOption(member, 'dropMembership', { group, interface: lo, source: loopback });
    }),
  );

  onLinux(
    `sys:option-form.3 ${family}: options of the network layer have the same name for both families`,
    scoped((scope) => {
      const fd = udp(scope, family);
      for (const [name, value] of [
        ['ttl', 33],
        ['tos', 0x20],
        ['multicastTtl', 7],
      ] as const) {
        assert.is.not(sys.getOption(fd, name), value);
        sys.setOption(fd, name, value);
        assert.is(sys.getOption(fd, name), value, name);
      }
      for (const name of ['packetInfo', 'freeBind', 'timestamps'] as const) {
        assert.is(sys.getOption(fd, name), false, name);
        sys.setOption(fd, name, true);
        assert.is(sys.getOption(fd, name), true, name);
      }
      assert.is(sys.getOption(fd, 'multicastLoop'), true);
      sys.setOption(fd, 'multicastLoop', false);
      assert.is(sys.getOption(fd, 'multicastLoop'), false);
      assert.is(sys.getOption(fd, 'protocol'), 17);
      assert.is(sys.getOption(fd, 'domain'), family === 'ipv4' ? 2 : 10);
    }),
  );
}

onLinux(
  'sys:option-form.4 options of TCP: text and numbers are read as they were set',
  scoped((scope) => {
    const fd = scope.own(sys.socket('ipv4'));
    sys.setOption(fd, 'congestion', 'reno');
    assert.is(sys.getOption(fd, 'congestion'), 'reno');
    assert.is(thrownBy(() => sys.setOption(fd, 'congestion', 'no-such')).code, 'ENOENT');
    sys.setOption(fd, 'notSentLowWater', 16_384);
    assert.is(sys.getOption(fd, 'notSentLowWater'), 16_384);
    sys.setOption(fd, 'fastOpenConnect', true);
    assert.is(sys.getOption(fd, 'fastOpenConnect'), true);
    sys.setOption(fd, 'fastOpen', 16);
    assert.is(sys.getOption(fd, 'fastOpen'), 16);
    sys.setOption(fd, 'priority', 3);
    assert.is(sys.getOption(fd, 'priority'), 3);
    assert.ok(sys.getOption(fd, 'maxSegment') > 0);
    assert.is(sys.getOption(fd, 'bindToDevice'), '');
    sys.setOption(fd, 'bindToDevice', 'lo');
    assert.is(sys.getOption(fd, 'bindToDevice'), 'lo');
    sys.setOption(fd, 'bindToDevice', '');
    assert.is(sys.getOption(fd, 'bindToDevice'), '');
    expectSystemError(() => sys.setOption(fd, 'bindToDevice', 'no-such'), 'ENODEV', fd);
  }),
);

onLinux(
  'sys:option-form.5 tcpInfo tells the state of a connection and what went over it',
  scoped((scope) => {
    const [a, b] = scope.open.tcp();
    sys.write(a, Buffer.alloc(1000));
    untilPolled(b, POLLIN);
    sys.read(b, Buffer.alloc(1000));
    const received = sys.getOption(b, 'tcpInfo');
    assert.equal([received.state, received.bytesReceived], ['established', 1000]);
    const sent = sys.getOption(a, 'tcpInfo');
    assert.ok(sent.sendSegmentBytes > 500 && sent.congestionWindow > 0 && sent.segmentsOut > 0 && sent.pathMtu > 500);
    assert.is(sys.getOption(scope.own(sys.socket('ipv4')), 'tcpInfo').state, 'closed');
    assert.ok(['EOPNOTSUPP', 'ENOTSUP'].includes(thrownBy(() => sys.getOption(udp(scope), 'tcpInfo')).code!));
  }),
);

test(
  'sys:option-form.6 values of a wrong type or range are refused before any system call',
  scoped((scope) => {
    const fd = udp(scope);
    const set = (option: unknown, value: unknown) => () => sys.setOption(fd, option as 'ttl', value as number);
    const get = (option: unknown) => () => sys.getOption(fd, option as 'ttl');
    const group = '224.0.0.251';
    for (const [act, type, code] of [
      [get('addMembership'), TypeError, 'ERR_INVALID_ARG_VALUE'],
      [get('multicastInterface'), TypeError, 'ERR_INVALID_ARG_VALUE'],
      [get('packetFilter'), TypeError, 'ERR_INVALID_ARG_VALUE'],
      [set('tcpInfo', {}), TypeError, 'ERR_INVALID_ARG_VALUE'],
      [set('domain', 1), TypeError, 'ERR_INVALID_ARG_VALUE'],
      [get({ level: 1 }), TypeError, 'ERR_INVALID_ARG_TYPE'],
      [get({ level: 1, name: 1, lenght: 4 }), TypeError, 'ERR_INVALID_ARG_VALUE'],
      [get({ level: 1, name: 1, length: -1 }), RangeError, 'ERR_OUT_OF_RANGE'],
      [get({ level: 1, name: 1, length: 65537 }), RangeError, 'ERR_OUT_OF_RANGE'],
      [get({ level: 1, name: 2 ** 31 }), RangeError, 'ERR_OUT_OF_RANGE'],
      [get(null), TypeError, 'ERR_INVALID_ARG_TYPE'],
      [set({ level: 1, name: 1, length: 4 }, 1), TypeError, 'ERR_INVALID_ARG_VALUE'],
      [set({ level: 1, name: 1 }, '1'), TypeError, 'ERR_INVALID_ARG_TYPE'],
      [set({ level: 1, name: 1 }, 2 ** 32), RangeError, 'ERR_OUT_OF_RANGE'],
      [set({ level: 1, name: 1 }, undefined), TypeError, 'ERR_INVALID_ARG_TYPE'],
      [set('bindToDevice', 5), TypeError, 'ERR_INVALID_ARG_TYPE'],
      [set('bindToDevice', 'a\0b'), TypeError, 'ERR_INVALID_ARG_VALUE'],
      [set('bindToDevice', 'sixteen-letters!'), RangeError, 'ERR_OUT_OF_RANGE'],
      [set('multicastInterface', 'lo'), TypeError, 'ERR_INVALID_ARG_TYPE'],
      [set('multicastInterface', -1), RangeError, 'ERR_OUT_OF_RANGE'],
      [set('addMembership', group), TypeError, 'ERR_INVALID_ARG_TYPE'],
      [set('addMembership', {}), TypeError, 'ERR_INVALID_ARG_TYPE'],
      [set('addMembership', { group: 'mdns' }), TypeError, 'ERR_INVALID_ARG_VALUE'],
      [set('addMembership', { group, interface: 'lo' }), TypeError, 'ERR_INVALID_ARG_TYPE'],
      [set('addMembership', { group, source: '::1' }), TypeError, 'ERR_INVALID_ARG_VALUE'],
      [set('addMembership', { group, iface: 1 }), TypeError, 'ERR_INVALID_ARG_VALUE'],
      [() => sys.interfaceIndex(1 as never), TypeError, 'ERR_INVALID_ARG_TYPE'],
      [() => sys.interfaceIndex('a-name-of-sixteen'), RangeError, 'ERR_OUT_OF_RANGE'],
    ] as const) {
      expectRefusal(act, type, code);
    }
    for (const [value, name] of [
      [{ group: 'mdns' }, 'group'],
      [{ group: 'mdns', source: '127.0.0.1' }, 'group'],
      [{ group, source: 'localhost' }, 'source'],
    ] as const) {
      assert.match(thrownBy(set('addMembership', value)).message, `The argument "value.${name}" must be a numeric`);
    }
    assert.ok(['ENODEV', 'ENXIO'].includes(thrownBy(() => sys.interfaceIndex('no-such')).code!));
  }),
);

const compiler = spawnSync('gcc', ['--version']).status === 0;

onLinux.unless(compiler ? undefined : 'there is no gcc')(
  'sys:option-form.7 tcpInfo reads each member where the header of the kernel has it',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'pollux-'));
    try {
      const members = [
        'state 1 tcpi_state',
        'retransmits 1 tcpi_retransmits',
        'retransmitTimeoutUs 4 tcpi_rto',
        'delayedAckTimeoutUs 4 tcpi_ato',
        'sendSegmentBytes 4 tcpi_snd_mss',
        'receiveSegmentBytes 4 tcpi_rcv_mss',
        'unacknowledged 4 tcpi_unacked',
        'lost 4 tcpi_lost',
        'retransmitted 4 tcpi_retrans',
        'lastSendAgoMs 4 tcpi_last_data_sent',
        'lastReceiveAgoMs 4 tcpi_last_data_recv',
        'pathMtu 4 tcpi_pmtu',
        'rttUs 4 tcpi_rtt',
        'rttVarianceUs 4 tcpi_rttvar',
        'slowStartThreshold 4 tcpi_snd_ssthresh',
        'congestionWindow 4 tcpi_snd_cwnd',
        'receiveRttUs 4 tcpi_rcv_rtt',
        'totalRetransmits 4 tcpi_total_retrans',
        'pacingRate 8 tcpi_pacing_rate',
        'bytesAcknowledged 8 tcpi_bytes_acked',
        'bytesReceived 8 tcpi_bytes_received',
        'segmentsOut 4 tcpi_segs_out',
        'segmentsIn 4 tcpi_segs_in',
        'bytesNotSent 4 tcpi_notsent_bytes',
        'leastRttUs 4 tcpi_min_rtt',
        'deliveryRate 8 tcpi_delivery_rate',
        'bytesSent 8 tcpi_bytes_sent',
        'bytesRetransmitted 8 tcpi_bytes_retrans',
      ].map((line) => line.split(' ') as [name: string, size: string, member: string]);
      const source = members
        .map(([, , member]) => `  printf("%zu\\n", offsetof(struct tcp_info, ${member}));`)
        .join('\n');
      writeFileSync(
        join(folder, 'offsets.c'),
        `#include <linux/tcp.h>\n#include <stddef.h>\n#include <stdio.h>\nint main(void) {\n${source}\n  return 0;\n}\n`,
      );
      execFileSync('gcc', ['-o', join(folder, 'offsets'), join(folder, 'offsets.c')]);
      const offsets = execFileSync(join(folder, 'offsets'), { encoding: 'utf8' }).trim().split('\n').map(Number);
      const { tcpInfoFrom } = require(moduleOfPackage('sys/tcp-info.js')) as {
        tcpInfoFrom(bytes: Buffer): Record<string, number | string>;
      };
      members.forEach(([name, size, member], index) => {
        const bytes = Buffer.alloc(256);
        if (size === '1') bytes[offsets[index]!] = 10;
        else if (size === '4') bytes.set(new Uint8Array(Uint32Array.of(123_456).buffer), offsets[index]!);
        else bytes.set(new Uint8Array(BigUint64Array.of(2n ** 40n).buffer), offsets[index]!);
        const wanted = name === 'state' ? 'listening' : size === '1' ? 10 : size === '4' ? 123_456 : 2 ** 40;
        assert.is(tcpInfoFrom(bytes)[name], wanted, member);
      });
      assert.is(Object.keys(tcpInfoFrom(Buffer.alloc(0))).length, members.length);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

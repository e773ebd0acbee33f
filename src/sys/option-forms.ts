import { sysBinding } from '../addon/binding.js';
import { KERNEL_LACKS_IT, OWN_FAMILY } from '../addon/exports.js';
import { checkInteger, checkOptions, type NamesOf } from '../arguments.js';
import { invalidType, invalidValue, notSupported, outOfRange } from '../errors.js';
import { hostAddress, numeric } from './address.js';
import { bytesOf, checkRange } from './buffers.js';
import { intBytes } from './raw-options.js';
import { TCP_INFO_BYTES, tcpInfoFrom, type TcpInfo } from './tcp-info.js';

/** A multicast group, and on which interface to be a member of it. */
export interface Membership {
  /** The address of the group, numeric: `224.0.0.251`, `ff02::fb`. */
  readonly group: string;
  /** The number of the interface; 0, the default: the kernel's choice. */
  readonly interface?: number | undefined;
  /** The address of the only sender to receive from, numeric; by default all. */
  readonly source?: string | undefined;
}

/** Options whose values are neither flags nor numbers. */
export interface FormedOptions {
  /** SO_BINDTODEVICE: the name of the only interface to send and receive by; `''`: all (Linux). */
  bindToDevice: string;
  /** TCP_CONGESTION: the name of the algorithm that avoids congestion (Linux). */
  congestion: string;
  /** TCP_INFO. Read-only (Linux). */
  readonly tcpInfo: TcpInfo;
}

/** Options that can be set and not read. */
export interface SetOnlyOptions {
  /** IP_MULTICAST_IF, IPV6_MULTICAST_IF: the number of the interface that sends multicasts; 0: the kernel's choice. */
  multicastInterface: number;
  /** MCAST_JOIN_GROUP, with a source MCAST_JOIN_SOURCE_GROUP. */
  addMembership: Membership;
  /** MCAST_LEAVE_GROUP, with a source MCAST_LEAVE_SOURCE_GROUP. */
  dropMembership: Membership;
  /**
   * SO_ATTACH_FILTER: which packets to receive, as instructions of classic BPF of 8 bytes each; no instruction: all
   * packets (Linux).
   */
  packetFilter: ArrayBufferView;
}

const MEMBERSHIP_NAMES: NamesOf<Membership> = { group: true, interface: true, source: true };
const FORMS: Readonly<Record<keyof FormedOptions | keyof SetOnlyOptions, true>> = {
  bindToDevice: true,
  congestion: true,
  tcpInfo: true,
  multicastInterface: true,
  addMembership: true,
  dropMembership: true,
  packetFilter: true,
};

const MOST_INT = 2 ** 31 - 1;
/** IFNAMSIZ and TCP_CA_NAME_MAX are 16, with the NUL. */
const MOST_TEXT_BYTES = 15;
const INSTRUCTION_BYTES = 8;
/** BPF_MAXINSNS */
const MOST_INSTRUCTIONS = 4096;
/** struct ip_mreqn: group, address, number of the interface. */
const MREQN_WORDS = 3;

/** Whether the option has a value of another form than a flag or a number. */
export function isFormed(option: unknown): option is keyof FormedOptions | keyof SetOnlyOptions {
  return typeof option === 'string' && Object.hasOwn(FORMS, option);
}

export function readFormed(fd: number, option: keyof FormedOptions): string | TcpInfo {
  const [level, name] = numbersOf(fd, option);
  if (option === 'tcpInfo') return tcpInfoFrom(sysBinding().getRawOption(fd, level, name, TCP_INFO_BYTES));
  const text = sysBinding().getRawOption(fd, level, name, MOST_TEXT_BYTES + 1);
  const end = text.indexOf(0);
  return text.toString('utf8', 0, end < 0 ? text.length : end);
}

export function writeFormed(fd: number, option: keyof FormedOptions | keyof SetOnlyOptions, value: unknown): void {
  switch (option) {
    case 'addMembership':
    case 'dropMembership':
      return changeMembership(fd, option, value);
    case 'packetFilter':
      return setFilter(fd, value);
    case 'multicastInterface':
      return setMulticastInterface(fd, value);
    default:
      return setText(fd, option, value);
  }
}

/** The numbers of an option that this kernel has. The kernel refuses it for other kinds of socket. */
function numbersOf(fd: number, option: string): [level: number, name: number] {
  const numbers = sysBinding().findOption(fd, option);
  if (numbers === undefined) throw lacking(option);
  return numbers;
}

function setText(fd: number, option: string, value: unknown): void {
  if (typeof value !== 'string') throw invalidType('value', 'of type string', value);
  if (value.includes('\0')) throw invalidValue('value', 'must not contain a NUL', value);
  const bytes = Buffer.from(`${value}\0`);
  if (bytes.length > MOST_TEXT_BYTES + 1) {
    throw outOfRange('value', `must have at most ${MOST_TEXT_BYTES} bytes`, bytes.length - 1);
  }
  const [level, name] = numbersOf(fd, option);
  // tcp(7): the name of an algorithm has no NUL behind it; socket(7): the name of an interface may have one.
  sysBinding().setRawOption(fd, level, name, bytes, 0, option === 'congestion' ? bytes.length - 1 : bytes.length);
}

function setMulticastInterface(fd: number, value: unknown): void {
  checkInteger(value, 'value', 0, MOST_INT);
  const [level, name] = numbersOf(fd, 'multicastInterface');
  const isIpv6 = level !== 0;
  // ip(7): the number is the last member of struct ip_mreqn; ipv6(7): an int.
  const words = isIpv6 ? intBytes(value) : new Uint8Array(Uint32Array.of(0, 0, value).buffer, 0, 4 * MREQN_WORDS);
  sysBinding().setRawOption(fd, level, name, words, 0, words.length);
}

function changeMembership(fd: number, option: 'addMembership' | 'dropMembership', value: unknown): void {
  checkOptions(value, MEMBERSHIP_NAMES, 'value');
  const { group, interface: index = 0, source } = value as Membership;
  checkInteger(index, 'value.interface', 0, MOST_INT);
  const to = hostAddress(group, 'value.group');
  const from = source === undefined ? undefined : hostAddress(source, 'value.source');
  if (from !== undefined && from.family !== to.family) {
    throw invalidValue('value.source', 'must be of the family of the group', source);
  }
  const joins = option === 'addMembership';
  const family = from?.family ?? OWN_FAMILY;
  const result = sysBinding().changeMembership(fd, joins, index, to.family, to.text, 0, family, from?.text ?? '', 0);
  if (result === KERNEL_LACKS_IT) throw lacking(option);
  numeric(result, to, from);
}

function setFilter(fd: number, value: unknown): void {
  if (!ArrayBuffer.isView(value)) throw invalidType('value', 'an ArrayBufferView', value);
  const bytes = bytesOf(value, 'value');
  const length = checkRange(bytes, 0, undefined);
  if (length % INSTRUCTION_BYTES !== 0 || length > MOST_INSTRUCTIONS * INSTRUCTION_BYTES) {
    throw outOfRange('value', `must have at most ${MOST_INSTRUCTIONS} instructions of 8 bytes`, length);
  }
  if (sysBinding().setPacketFilter(fd, bytes, 0, length) === KERNEL_LACKS_IT) throw lacking('packetFilter');
}

/**
 * The number of a network interface, as addresses of packet, CAN and multicast sockets have it: if_nametoindex(3).
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`. RangeError `ERR_OUT_OF_RANGE`: a name of more than 15 bytes.
 * @throws SystemError `ENODEV`: no interface has the name.
 */
export function interfaceIndex(name: string): number {
  if (typeof name !== 'string') throw invalidType('name', 'of type string', name);
  const bytes = Buffer.byteLength(name);
  if (bytes > MOST_TEXT_BYTES) throw outOfRange('name', `must have at most ${MOST_TEXT_BYTES} bytes`, bytes);
  return sysBinding().interfaceIndex(name);
}

function lacking(option: string): Error {
  return notSupported(`This kernel lacks the socket option "${option}"`);
}

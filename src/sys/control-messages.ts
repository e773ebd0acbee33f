import { sysBinding } from '../addon/binding.js';
import { NO_ADDRESS, OWN_FAMILY, type WOULD_BLOCK } from '../addon/exports.js';
import { checkFd, checkInteger, checkOptions, type NamesOf } from '../arguments.js';
import { invalidType, notSupported, outOfRange } from '../errors.js';
import type {
  Address,
  AnyAddress,
  Credentials,
  PeerCredentials,
  RawAddress,
  ReceivedMessage,
  RemoteAddress,
} from '../sys-types.js';
import { hostAddress, numeric, remoteAddress } from './address.js';
import { bytesOf, bytesOfEach } from './buffers.js';
import { supported } from './errors.js';
import { checkFlags } from './messages.js';
import { forget } from './remembered-numbers.js';

/** A control message by its numbers. */
export interface RawControl {
  readonly level: number;
  readonly type: number;
  /** What follows the header of the message: CMSG_DATA(3). */
  readonly data: Uint8Array;
}

/** The control messages that are sent with a message: cmsg(3). */
export interface Control {
  /**
   * SCM_RIGHTS: the receiver gets descriptors of the same open files. Those of the sender stay open. At most 253
   * (Linux).
   */
  readonly descriptors?: readonly number[] | undefined;
  /** SCM_CREDENTIALS (Linux). Only a privileged process may send those of another process. */
  readonly credentials?: Credentials | undefined;
  /** IP_PKTINFO, IPV6_PKTINFO: the interface to send by, 0 for the kernel's choice, and the source address. */
  readonly packetInfo?: { readonly interface?: number | undefined; readonly address?: string | undefined } | undefined;
  /** All other control messages, in this order, behind the others. */
  readonly raw?: readonly RawControl[] | undefined;
}

export interface SendMessageOptions {
  /** The receiver; by default the peer that the socket is connected to. */
  readonly address?: RemoteAddress | RawAddress | undefined;
  /** As for `send()`; 0 by default. */
  readonly flags?: number | undefined;
  readonly control?: Control | undefined;
}

export interface ReceiveMessageOptions {
  /** As for `recvFrom()`; 0 by default. */
  readonly flags?: number | undefined;
  /**
   * The room for control messages, in bytes, headers included: 0 … 2²⁰. The default of 4096 has room for more than the
   * descriptors that one message may have. With 0 no control message is received, and the kernel closes descriptors
   * that were sent.
   */
  readonly control?: number | undefined;
}

const SEND_NAMES: NamesOf<SendMessageOptions> = { address: true, flags: true, control: true };
const RECEIVE_NAMES: NamesOf<ReceiveMessageOptions> = { flags: true, control: true };
const CONTROL_NAMES: NamesOf<Control> = { descriptors: true, credentials: true, packetInfo: true, raw: true };
const CREDENTIALS_NAMES: NamesOf<Credentials> = { pid: true, uid: true, gid: true };
const PACKET_NAMES: NamesOf<NonNullable<Control['packetInfo']>> = { interface: true, address: true };
const RAW_NAMES: NamesOf<RawControl> = { level: true, type: true, data: true };

const USUAL_CONTROL_BYTES = 4096;
const MOST_CONTROL_BYTES = 2 ** 20;
const MOST_RAW = 1024;
const LEAST_INT = -(2 ** 31);
const MOST_INT = 2 ** 31 - 1;
const MOST_ID = 2 ** 32 - 1;
const NO_PACKET_INFO = -1;

/** What this kernel lacks, for the error message. */
const LACKING = 'one of the flags or control messages';

/**
 * Sends one message, made of the bytes of several buffers, and control messages with it: sendmsg(2). Returns the number
 * of bytes, or `WOULD_BLOCK` when there is no space; then nothing was sent, and no descriptor either.
 *
 * On a stream, control messages are sent with the first byte: a message without bytes sends none (unix(7)).
 *
 * @throws as `send()`, and for `options.address` as `connect()`.
 * @throws TypeError `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`: an option or control message of another form.
 * @throws RangeError `ERR_OUT_OF_RANGE`: a number out of its range; control messages of more than 2²⁰ bytes.
 * @throws Error `ERR_NOT_SUPPORTED`: this kernel lacks a flag or a control message.
 * @throws SystemError `EBADF`: one of `descriptors` is not open. `EINVAL`: too many descriptors; a control message that
 *   the kernel refuses. `ETOOMANYREFS`: too many descriptors were sent and not yet received. `EPERM`: credentials of
 *   another process. `ENOBUFS`, any error of sendmsg(2).
 */
export function sendMessage(fd: number, buffers: readonly ArrayBufferView[], options: SendMessageOptions = {}): number {
  checkFd(fd);
  const list = bytesOfEach(buffers);
  checkOptions(options, SEND_NAMES);
  const { address, flags = 0, control = {} } = options;
  checkFlags(flags);
  const to = address === undefined ? undefined : remoteAddress(address, 'options.address');
  checkOptions(control, CONTROL_NAMES, 'options.control');
  const descriptors = descriptorsOf(control.descriptors);
  const credentials = credentialsOf(control.credentials);
  const packet = packetOf(control.packetInfo);
  const { numbers, raw } = rawOf(control.raw);
  const result = sysBinding().sendMessage(
    fd,
    list,
    flags,
    to?.family ?? NO_ADDRESS,
    to?.text ?? '',
    to?.port ?? 0,
    descriptors,
    credentials,
    packet.interface,
    packet.source?.family ?? OWN_FAMILY,
    packet.source?.text ?? '',
    numbers,
    raw,
  );
  return supported(numeric(result, to, packet.source), LACKING);
}

/**
 * Receives one message, and the control messages that came with it: recvmsg(2). Fills each buffer before the next.
 * Returns `WOULD_BLOCK` when no message has arrived.
 *
 * Every descriptor that arrived is in `control.descriptors`; it is close-on-exec, and the caller has to close it, also
 * where `control.truncated` says that others were lost. When this call throws, no descriptor stays open.
 *
 * @throws as `recv()`.
 * @throws RangeError `ERR_OUT_OF_RANGE`: `options.control` is not an integer 0 … 2²⁰.
 */
export function receiveMessage<From extends AnyAddress = Address>(
  fd: number,
  buffers: readonly ArrayBufferView[],
  options: ReceiveMessageOptions = {},
): ReceivedMessage<From> | typeof WOULD_BLOCK {
  checkFd(fd);
  const list = bytesOfEach(buffers);
  checkOptions(options, RECEIVE_NAMES);
  const { flags = 0, control = USUAL_CONTROL_BYTES } = options;
  checkFlags(flags);
  checkInteger(control, 'options.control', 0, MOST_CONTROL_BYTES);
  const received = sysBinding().receiveMessage(fd, list, flags, control);
  if (typeof received === 'number') return supported(received, LACKING) as typeof WOULD_BLOCK;
  const { descriptors, processFd } = received.control;
  for (let index = 0; index < descriptors.length; index++) forget(descriptors[index]!);
  if (processFd !== undefined) forget(processFd);
  return received as ReceivedMessage<From>;
}

/**
 * The process at the other end of a unix socket, as it was when the connection was made: SO_PEERCRED of unix(7),
 * getpeereid(3).
 *
 * @throws Error `ERR_NOT_SUPPORTED`: this kernel does not report the peer.
 * @throws SystemError `ENOTCONN`, `EINVAL`: not connected. `ENOPROTOOPT`, `EOPNOTSUPP`: not a unix socket. `EBADF`,
 *   `ENOTSOCK`.
 */
export function peerCredentials(fd: number): PeerCredentials {
  checkFd(fd);
  const credentials = sysBinding().peerCredentials(fd);
  if (typeof credentials === 'number') throw notSupported('This kernel does not say who is connected to a unix socket');
  return credentials;
}

function descriptorsOf(descriptors: Control['descriptors']): Int32Array | undefined {
  if (descriptors === undefined) return undefined;
  const name = 'options.control.descriptors';
  if (!Array.isArray(descriptors)) throw invalidType(name, 'an array of descriptors', descriptors);
  if (descriptors.length > MOST_RAW)
    throw outOfRange(name, `must have at most ${MOST_RAW} elements`, descriptors.length);
  const list = new Int32Array(descriptors.length);
  for (let index = 0; index < list.length; index++) {
    const fd: unknown = descriptors[index];
    checkFd(fd, `${name}[${index}]`);
    list[index] = fd;
  }
  return list;
}

function credentialsOf(credentials: Control['credentials']): Float64Array | undefined {
  if (credentials === undefined) return undefined;
  const name = 'options.control.credentials';
  checkOptions(credentials, CREDENTIALS_NAMES, name);
  const { pid, uid, gid } = credentials;
  checkInteger(pid, `${name}.pid`, 0, MOST_INT);
  checkInteger(uid, `${name}.uid`, 0, MOST_ID);
  checkInteger(gid, `${name}.gid`, 0, MOST_ID);
  return Float64Array.of(pid, uid, gid);
}

function packetOf(info: Control['packetInfo']) {
  if (info === undefined) return { interface: NO_PACKET_INFO, source: undefined };
  const name = 'options.control.packetInfo';
  checkOptions(info, PACKET_NAMES, name);
  const { interface: index = 0, address } = info;
  checkInteger(index, `${name}.interface`, 0, MOST_INT);
  return { interface: index, source: address === undefined ? undefined : hostAddress(address, `${name}.address`) };
}

function rawOf(messages: Control['raw']): { numbers: Int32Array | undefined; raw: Uint8Array[] } {
  if (messages === undefined) return { numbers: undefined, raw: [] };
  const name = 'options.control.raw';
  if (!Array.isArray(messages)) throw invalidType(name, 'an array of control messages', messages);
  if (messages.length > MOST_RAW) throw outOfRange(name, `must have at most ${MOST_RAW} elements`, messages.length);
  const numbers = new Int32Array(2 * messages.length);
  const raw: Uint8Array[] = [];
  let total = 0;
  for (let index = 0; index < messages.length; index++) {
    const item = `${name}[${index}]`;
    const message: unknown = messages[index];
    checkOptions(message, RAW_NAMES, item);
    const { level, type, data } = message as RawControl;
    checkInteger(level, `${item}.level`, LEAST_INT, MOST_INT);
    checkInteger(type, `${item}.type`, LEAST_INT, MOST_INT);
    numbers[2 * index] = level;
    numbers[2 * index + 1] = type;
    const bytes = bytesOf(data, `${item}.data`);
    raw.push(bytes);
    total += bytes.length;
  }
  if (total > MOST_CONTROL_BYTES) throw outOfRange(name, `must have at most ${MOST_CONTROL_BYTES} bytes`, total);
  return { numbers, raw };
}

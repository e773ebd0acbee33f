import type { AnyAddress, PeerCredentials, ReceivedMessage } from '../sys-types.js';

/**
 * What the addon exports for control messages, requests to drivers, locks, segments and options by number. Arguments
 * are checked before they get here.
 */
export interface ControlBinding {
  sendMessage(
    fd: number,
    list: readonly Uint8Array[],
    flags: number,
    family: number,
    text: string | Uint8Array,
    port: number,
    descriptors: Int32Array | undefined,
    /** pid, uid, gid. */
    credentials: Float64Array | undefined,
    /** −1: no packet info. */
    interfaceIndex: number,
    /** 0: no source. */
    sourceFamily: number,
    source: string,
    /** The level and type of each of `raw`. */
    numbers: Int32Array | undefined,
    raw: readonly Uint8Array[],
  ): number;
  receiveMessage(
    fd: number,
    list: readonly Uint8Array[],
    flags: number,
    controlBytes: number,
  ): ReceivedMessage<AnyAddress> | number;
  peerCredentials(fd: number): PeerCredentials | number;

  ioctl(
    fd: number,
    request: number,
    kind: number,
    number: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
  ): number;
  requestBytes(request: number): number;
  requestOnlyReads(request: number): boolean;

  changeLock(fd: number, wanted: number): number;
  changeRangeLock(fd: number, wanted: number, start: number, length: number): number;

  sendSegments(
    fd: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    segmentSize: number,
    /** Datagrams in a system call; 1: the kernel does not cut. */
    mostSegments: number,
    family: number,
    text: string | Uint8Array,
    port: number,
  ): number;
  receiveSegments(
    fd: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    mayCoalesce: boolean,
    received: Int32Array,
  ): number;

  /** undefined: the kernel lacks the option, or the family of the socket does. */
  findOption(fd: number, name: string): [level: number, option: number] | undefined;
  getRawOption(fd: number, level: number, name: number, length: number): Buffer;
  setRawOption(fd: number, level: number, name: number, bytes: Uint8Array, offset: number, length: number): void;
  setPacketFilter(fd: number, bytes: Uint8Array, offset: number, length: number): number;
  changeMembership(
    fd: number,
    joins: boolean,
    interfaceIndex: number,
    family: number,
    group: string,
    groupPort: number,
    sourceFamily: number,
    source: string,
    sourcePort: number,
  ): number;
  interfaceIndex(name: string): number;
}

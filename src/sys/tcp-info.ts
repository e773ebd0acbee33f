/** What the kernel knows of a TCP connection: TCP_INFO of tcp(7), Linux. What an older kernel does not tell is 0. */
export interface TcpInfo {
  readonly state: TcpState;
  /** Timeouts of the segment that is being sent again. */
  readonly retransmits: number;
  /** How long until that segment is sent again, and how long an acknowledgement may be delayed. */
  readonly retransmitTimeoutUs: number;
  readonly delayedAckTimeoutUs: number;
  readonly sendSegmentBytes: number;
  readonly receiveSegmentBytes: number;
  readonly pathMtu: number;
  /** Segments that were sent and not acknowledged yet; of these, lost and sent again. */
  readonly unacknowledged: number;
  readonly lost: number;
  readonly retransmitted: number;
  readonly totalRetransmits: number;
  readonly lastSendAgoMs: number;
  readonly lastReceiveAgoMs: number;
  readonly rttUs: number;
  readonly rttVarianceUs: number;
  readonly leastRttUs: number;
  readonly receiveRttUs: number;
  /** Segments. */
  readonly congestionWindow: number;
  readonly slowStartThreshold: number;
  /** Bytes a second. */
  readonly pacingRate: number;
  readonly deliveryRate: number;
  readonly bytesAcknowledged: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly bytesRetransmitted: number;
  /** Bytes in the send buffer that were never sent. */
  readonly bytesNotSent: number;
  readonly segmentsOut: number;
  readonly segmentsIn: number;
}

export type TcpState =
  | 'established'
  | 'syn-sent'
  | 'syn-received'
  | 'fin-wait-1'
  | 'fin-wait-2'
  | 'time-wait'
  | 'closed'
  | 'close-wait'
  | 'last-ack'
  | 'listening'
  | 'closing'
  | 'unknown';

/** By the numbers of net/tcp_states.h, which begin with 1. */
const STATES: readonly TcpState[] = [
  'unknown',
  'established',
  'syn-sent',
  'syn-received',
  'fin-wait-1',
  'fin-wait-2',
  'time-wait',
  'closed',
  'close-wait',
  'last-ack',
  'listening',
  'closing',
];

/** struct tcp_info of linux/tcp.h: members are only ever added at its end. */
export const TCP_INFO_BYTES = 256;

const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** `bytes` as the kernel wrote them, in words. */
export function tcpInfoFrom(bytes: Buffer): TcpInfo {
  const whole = Buffer.alloc(TCP_INFO_BYTES);
  bytes.copy(whole);
  const view = new DataView(whole.buffer, whole.byteOffset, TCP_INFO_BYTES);
  const u32 = (offset: number): number => view.getUint32(offset, IS_LITTLE_ENDIAN);
  const u64 = (offset: number): number => Number(view.getBigUint64(offset, IS_LITTLE_ENDIAN));
  return {
    state: STATES[whole[0]!] ?? 'unknown',
    retransmits: whole[2]!,
    retransmitTimeoutUs: u32(8),
    delayedAckTimeoutUs: u32(12),
    sendSegmentBytes: u32(16),
    receiveSegmentBytes: u32(20),
    unacknowledged: u32(24),
    lost: u32(32),
    retransmitted: u32(36),
    lastSendAgoMs: u32(44),
    lastReceiveAgoMs: u32(52),
    pathMtu: u32(60),
    rttUs: u32(68),
    rttVarianceUs: u32(72),
    slowStartThreshold: u32(76),
    congestionWindow: u32(80),
    receiveRttUs: u32(92),
    totalRetransmits: u32(100),
    pacingRate: u64(104),
    bytesAcknowledged: u64(120),
    bytesReceived: u64(128),
    segmentsOut: u32(136),
    segmentsIn: u32(140),
    bytesNotSent: u32(144),
    leastRttUs: u32(148),
    deliveryRate: u64(160),
    bytesSent: u64(200),
    bytesRetransmitted: u64(208),
  };
}

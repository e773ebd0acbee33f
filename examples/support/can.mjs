// linux/can.h: frames, addresses and filters of SocketCAN.
import { pack, unpack } from './structs.mjs';

export const AF_CAN = 29;
export const CAN_RAW = 1;
export const SOL_CAN_RAW = 101;
export const CAN_RAW_FILTER = 1;
export const CAN_EFF_FLAG = 0x80000000;
export const FRAME_BYTES = 16;

/** struct sockaddr_can: what of it every version of the kernel has. */
export function canAddress(interfaceIndex) {
  return { raw: pack('hhiii', AF_CAN, 0, interfaceIndex, 0, 0) };
}

/** struct can_frame of up to 8 bytes. */
export function canFrame(id, data) {
  const frame = Buffer.alloc(FRAME_BYTES);
  pack('ib', id, data.length).copy(frame);
  Buffer.from(data).copy(frame, 8);
  return frame;
}

export function frameIn(bytes) {
  const [id, length] = unpack('ib', bytes);
  return { id: id & 0x1fffffff, data: bytes.subarray(8, 8 + length) };
}

/** struct can_filter: frames whose id & mask is that of `id`. */
export function canFilter(id, mask) {
  return pack('ii', id, mask);
}

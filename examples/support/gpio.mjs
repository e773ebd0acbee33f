// linux/gpio.h, version 2: what one asks a chip for, and what a line tells.
import { pack, text, textIn, unpack } from './structs.mjs';

/** Requests as asm-generic/ioctl.h numbers them. */
export const GPIO_GET_CHIPINFO = 0x8044b401;
export const GPIO_V2_GET_LINE = 0xc250b407;
export const GPIO_V2_LINE_GET_VALUES = 0xc010b40e;
export const GPIO_V2_LINE_SET_VALUES = 0xc010b40f;

export const INPUT = 1 << 2;
export const OUTPUT = 1 << 3;
export const EDGE_RISING = 1 << 4;
export const EDGE_FALLING = 1 << 5;

const MOST_LINES = 64;
const MOST_ATTRIBUTES = 10;
const ATTRIBUTE_BYTES = 24;
/** Where struct gpio_v2_line_request has the descriptor that the kernel answers. */
const FD_OFFSET = 588;
export const EVENT_BYTES = 48;

/** struct gpio_v2_line_request for the lines `offsets`, used by `consumer`. */
export function lineRequest(offsets, consumer, flags) {
  const numbers = Buffer.alloc(4 * MOST_LINES);
  offsets.forEach((offset, index) => pack('i', offset).copy(numbers, 4 * index));
  const attributes = Buffer.alloc(MOST_ATTRIBUTES * ATTRIBUTE_BYTES);
  const config = Buffer.concat([pack('qiiiiii', flags, 0, 0, 0, 0, 0, 0), attributes]);
  return Buffer.concat([numbers, text(consumer, 32), config, pack('iiiiiiii', offsets.length, 0, 0, 0, 0, 0, 0, 0)]);
}

/** The descriptor of the lines, once the kernel has answered. */
export function descriptorIn(request) {
  return unpack('i', request, FD_OFFSET)[0];
}

/** struct gpio_v2_line_values: the bits of the lines in `mask`, in the order in which they were asked for. */
export function lineValues(bits, mask) {
  return pack('qq', bits, mask);
}

/** struct gpiochip_info. */
export function chipInfo(bytes) {
  return {
    name: textIn(bytes.subarray(0, 32)),
    label: textIn(bytes.subarray(32, 64)),
    lines: unpack('i', bytes, 64)[0],
  };
}
export const CHIP_INFO_BYTES = 68;

/** struct gpio_v2_line_event at `offset`. */
export function lineEvent(bytes, offset = 0) {
  const [timestampNs, id, line, sequence] = unpack('qiii', bytes, offset);
  return { timestampNs, edge: id === 1 ? 'rising' : 'falling', line, sequence };
}

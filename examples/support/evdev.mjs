// linux/input.h: events of keyboards, mice, buttons, on 64-bit systems.
import { unpack } from './structs.mjs';

export const EV_KEY = 1;
export const EVENT_BYTES = 24;

/** EVIOCGNAME of so many bytes, EVIOCGRAB. */
export const nameRequest = (length) => ((2 << 30) | (length << 16) | 0x4506) >>> 0;
export const EVIOCGRAB = 0x40044590;

/** The struct input_event at each 24 bytes. */
export function inputEvents(bytes) {
  const events = [];
  for (let at = 0; at + EVENT_BYTES <= bytes.length; at += EVENT_BYTES) {
    const [seconds, microseconds, type, code, value] = unpack('qqhhi', bytes, at);
    events.push({ timeMs: seconds * 1000 + microseconds / 1000, type, code, value: value | 0 });
  }
  return events;
}

// Says which keys are pressed on a keyboard, a remote control, a button: evdev. Linux, on 64-bit systems; needs the
// group `input`.
//
//   node examples/evdev-keys.mjs /dev/input/event0
import { HANGUP, READABLE, watch } from 'pollux';
import * as sys from 'pollux/sys';
import { EV_KEY, EVENT_BYTES, inputEvents, nameRequest } from './support/evdev.mjs';
import { textIn } from './support/structs.mjs';

const ACTIONS = ['released', 'pressed', 'held'];

const path = process.argv[2];
if (path === undefined) {
  console.error('usage: node examples/evdev-keys.mjs DEVICE');
  process.exit(2);
}

const fd = sys.open(path);
const name = Buffer.alloc(256);
sys.ioctl(fd, nameRequest(name.length), name);
console.log(`listening to ${textIn(name)}`);

const buffer = Buffer.alloc(64 * EVENT_BYTES);
const keys = watch(fd, READABLE, (readiness) => {
  if (readiness & HANGUP) return keys.close(); // the device was unplugged
  for (let length; (length = sys.read(fd, buffer)) > 0; ) {
    for (const { type, code, value } of inputEvents(buffer.subarray(0, length))) {
      if (type === EV_KEY) console.log(`key ${code} ${ACTIONS[value]}`);
    }
  }
});

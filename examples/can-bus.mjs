// Listens to a CAN bus, and sends a frame where one is given: SocketCAN. Linux with a CAN interface, or a virtual one:
//   ip link add dev vcan0 type vcan && ip link set up vcan0
//
//   node examples/can-bus.mjs vcan0                    prints what is on the bus
//   node examples/can-bus.mjs vcan0 123#DEADBEEF       sends first
import { READABLE, once, watch, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import {
  AF_CAN,
  CAN_EFF_FLAG,
  CAN_RAW,
  canAddress,
  canFilter,
  canFrame,
  FRAME_BYTES,
  frameIn,
} from './support/can.mjs';
import { CAN_RAW_FILTER, SOL_CAN_RAW } from './support/can.mjs';

const SOCK_RAW = 3;

const [name, message] = process.argv.slice(2);
if (name === undefined) {
  console.error('usage: node examples/can-bus.mjs INTERFACE [ID#DATA]');
  process.exit(2);
}

const fd = sys.socket({ domain: AF_CAN, type: SOCK_RAW, protocol: CAN_RAW });
sys.setOption(fd, { level: SOL_CAN_RAW, name: CAN_RAW_FILTER }, canFilter(0, 0)); // a mask of 0 lets every frame through
sys.bind(fd, canAddress(sys.interfaceIndex(name)));

/** ENOBUFS: the queue of the interface is full, and no poller tells when it is not. */
async function send(frame) {
  for (;;) {
    try {
      if (sys.write(fd, frame) !== sys.WOULD_BLOCK) return;
      await once(fd, WRITABLE);
    } catch (error) {
      if (error.code !== 'ENOBUFS') throw error;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

if (message !== undefined) {
  const [id, data] = message.split('#');
  const number = parseInt(id, 16);
  await send(canFrame(id.length > 3 ? (number | CAN_EFF_FLAG) >>> 0 : number, Buffer.from(data ?? '', 'hex')));
}

console.log(`listening on ${name}`);
const buffer = Buffer.alloc(FRAME_BYTES);
watch(fd, READABLE, () => {
  while (sys.read(fd, buffer) === FRAME_BYTES) {
    const { id, data } = frameIn(buffer);
    console.log(`${id.toString(16).padStart(3, '0')}#${data.toString('hex').toUpperCase()}`);
  }
});

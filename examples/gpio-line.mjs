// Watches a line of a GPIO chip, or sets one: the character device of linux/gpio.h, version 2. Linux 5.10.
//
//   node examples/gpio-line.mjs /dev/gpiochip0 17        prints the edges of line 17
//   node examples/gpio-line.mjs /dev/gpiochip0 17 1      makes it an output, and high until Ctrl-C
import { READABLE, watch } from 'pollux';
import * as sys from 'pollux/sys';
import * as gpio from './support/gpio.mjs';

const [path, lineText, value] = process.argv.slice(2);
const line = Number(lineText);
if (path === undefined || !(line >= 0)) {
  console.error('usage: node examples/gpio-line.mjs CHIP LINE [0|1]');
  process.exit(2);
}

const chip = sys.open(path, 'r+');
const info = Buffer.alloc(gpio.CHIP_INFO_BYTES);
sys.ioctl(chip, gpio.GPIO_GET_CHIPINFO, info);
const { name, label, lines } = gpio.chipInfo(info);
console.log(`${name} (${label}) has ${lines} lines`);

const flags = value === undefined ? gpio.INPUT | gpio.EDGE_RISING | gpio.EDGE_FALLING : gpio.OUTPUT;
const request = gpio.lineRequest([line], 'pollux', flags);
sys.ioctl(chip, gpio.GPIO_V2_GET_LINE, request);
const fd = gpio.descriptorIn(request); // a descriptor of its own, for the lines that were asked for
sys.setNonBlocking(fd);
sys.close(chip);

if (value === undefined) {
  const buffer = Buffer.alloc(16 * gpio.EVENT_BYTES);
  watch(fd, READABLE, () => {
    for (let length; (length = sys.read(fd, buffer)) > 0; ) {
      for (let at = 0; at < length; at += gpio.EVENT_BYTES) {
        const event = gpio.lineEvent(buffer, at);
        console.log(`line ${event.line} ${event.edge} at ${event.timestampNs} ns`);
      }
    }
  });
} else {
  sys.ioctl(fd, gpio.GPIO_V2_LINE_SET_VALUES, gpio.lineValues(Number(value), 1));
  const values = gpio.lineValues(0, 1);
  sys.ioctl(fd, gpio.GPIO_V2_LINE_GET_VALUES, values);
  console.log(`line ${line} is ${values.some((byte) => byte & 1) ? 'high' : 'low'}`);
  process.stdin.resume(); // the line goes back to what it was when its descriptor is closed
}

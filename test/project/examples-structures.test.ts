import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { EXAMPLES } from '../support/example.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('examples-structures');

/** The bytes of each structure, and the number of each request, as gcc has them from the headers of the kernel. */
const HEADERS = `
#include <linux/can.h>
#include <linux/can/raw.h>
#include <linux/gpio.h>
#include <linux/input.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/vm_sockets.h>

static void show(const char *name, const void *bytes, size_t size) {
  printf("%s ", name);
  for (size_t i = 0; i < size; i++) printf("%02x", ((const unsigned char *)bytes)[i]);
  printf("\\n");
}

static void number(const char *name, unsigned long value) { printf("%s %lu\\n", name, value); }

int main(void) {
  struct gpio_v2_line_request request;
  memset(&request, 0, sizeof request);
  request.offsets[0] = 17;
  request.offsets[1] = 22;
  strcpy(request.consumer, "pollux");
  request.config.flags = GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING;
  request.num_lines = 2;
  show("request", &request, sizeof request);
  request.fd = 42;
  show("answered", &request, sizeof request);
  struct gpio_v2_line_values values = {.bits = 5, .mask = 7};
  show("values", &values, sizeof values);
  struct gpiochip_info info;
  memset(&info, 0, sizeof info);
  strcpy(info.name, "gpiochip0");
  strcpy(info.label, "pinctrl");
  info.lines = 54;
  show("info", &info, sizeof info);
  struct gpio_v2_line_event event;
  memset(&event, 0, sizeof event);
  event.timestamp_ns = 123456789;
  event.id = GPIO_V2_LINE_EVENT_FALLING_EDGE;
  event.offset = 17;
  event.seqno = 3;
  show("event", &event, sizeof event);
  number("output", GPIO_V2_LINE_FLAG_OUTPUT);
  number("chipinfo", GPIO_GET_CHIPINFO_IOCTL);
  number("getline", GPIO_V2_GET_LINE_IOCTL);
  number("getvalues", GPIO_V2_LINE_GET_VALUES_IOCTL);
  number("setvalues", GPIO_V2_LINE_SET_VALUES_IOCTL);
  struct input_event key = {.type = EV_KEY, .code = KEY_A, .value = 1};
  key.input_event_sec = 5;
  key.input_event_usec = 250000;
  show("key", &key, sizeof key);
  number("name", EVIOCGNAME(256));
  number("grab", EVIOCGRAB);
  struct sockaddr_can address;
  memset(&address, 0, sizeof address);
  address.can_family = AF_CAN;
  address.can_ifindex = 3;
  show("address", &address, offsetof(struct sockaddr_can, can_addr) + 8);
  struct can_frame frame;
  memset(&frame, 0, sizeof frame);
  frame.can_id = 0x123;
  frame.can_dlc = 4;
  memcpy(frame.data, "\\xde\\xad\\xbe\\xef", 4);
  show("frame", &frame, sizeof frame);
  struct can_filter filter = {.can_id = 0x120, .can_mask = 0x7f0};
  show("filter", &filter, sizeof filter);
  number("canraw", CAN_RAW);
  number("solcanraw", SOL_CAN_RAW);
  number("canrawfilter", CAN_RAW_FILTER);
  number("eff", CAN_EFF_FLAG);
  struct sockaddr_vm machine;
  memset(&machine, 0, sizeof machine);
  machine.svm_family = AF_VSOCK;
  machine.svm_port = 1024;
  machine.svm_cid = VMADDR_CID_HOST;
  show("machine", &machine, sizeof machine);
  number("vsock", AF_VSOCK);
  number("stream", SOCK_STREAM);
  number("anycid", VMADDR_CID_ANY);
  number("anyport", VMADDR_PORT_ANY);
  number("local", VMADDR_CID_LOCAL);
  number("host", VMADDR_CID_HOST);
  return 0;
}
`;

type Gpio = Record<string, (...args: unknown[]) => unknown> & Record<string, number>;

/** A module of examples/support, which stays JavaScript. */
const load = (name: string): Promise<Gpio> =>
  import(pathToFileURL(join(EXAMPLES, 'support', name)).href) as Promise<Gpio>;

const hasCompiler = spawnSync('gcc', ['--version']).status === 0;
const onLinux = test.unless(process.platform === 'linux' ? undefined : `${process.platform} has other headers`);

onLinux.unless(hasCompiler ? undefined : 'there is no gcc')(
  'project:examples-structures.1 the structures and requests of CAN, GPIO, evdev and vsock are those of the headers of the kernel',
  scoped(async (scope) => {
    const folder = scope.directory();
    writeFileSync(join(folder, 'headers.c'), HEADERS);
    execFileSync('gcc', ['-Wall', '-Werror', '-o', join(folder, 'headers'), join(folder, 'headers.c')]);
    const printed = execFileSync(join(folder, 'headers'), { encoding: 'utf8' }).trim().split('\n');
    const expected = new Map(printed.map((text) => text.split(' ') as [string, string]));
    const bytes = (name: string): Buffer => Buffer.from(expected.get(name)!, 'hex');
    const hex = (value: unknown): string => (value as Buffer).toString('hex');
    const [gpio, evdev, can] = [await load('gpio.mjs'), await load('evdev.mjs'), await load('can.mjs')];
    const vsock = await load('vsock.mjs');
    const flags = gpio['INPUT']! | gpio['EDGE_RISING']! | gpio['EDGE_FALLING']!;
    assert.is(hex(gpio['lineRequest']!([17, 22], 'pollux', flags)), expected.get('request'));
    assert.is(gpio['descriptorIn']!(bytes('answered')), 42);
    assert.is(hex(gpio['lineValues']!(5, 7)), expected.get('values'));
    assert.is(bytes('info').length, gpio['CHIP_INFO_BYTES']);
    assert.equal(gpio['chipInfo']!(bytes('info')), { name: 'gpiochip0', label: 'pinctrl', lines: 54 });
    assert.is(bytes('event').length, gpio['EVENT_BYTES']);
    const event = { timestampNs: 123456789, edge: 'falling', line: 17, sequence: 3 };
    assert.equal(gpio['lineEvent']!(bytes('event')), event);
    assert.is(bytes('key').length, evdev['EVENT_BYTES']);
    assert.equal(evdev['inputEvents']!(bytes('key')), [{ timeMs: 5250, type: 1, code: 30, value: 1 }]);
    assert.is(hex((can['canAddress']!(3) as sys.RawAddress).raw), expected.get('address'));
    assert.is(hex(can['canFrame']!(0x123, [0xde, 0xad, 0xbe, 0xef])), expected.get('frame'));
    assert.equal(can['frameIn']!(bytes('frame')), { id: 0x123, data: Buffer.from('deadbeef', 'hex') });
    assert.is(hex(can['canFilter']!(0x120, 0x7f0)), expected.get('filter'));
    const machine = vsock['vsockAddress']!(vsock['HOST'], 1024) as sys.RawAddress;
    assert.is(hex(machine.raw), expected.get('machine'));
    assert.equal(vsock['vsockParts']!(machine), { cid: 2, port: 1024 });
    for (const [name, value] of [
      ['output', gpio['OUTPUT']],
      ['chipinfo', gpio['GPIO_GET_CHIPINFO']],
      ['getline', gpio['GPIO_V2_GET_LINE']],
      ['getvalues', gpio['GPIO_V2_LINE_GET_VALUES']],
      ['setvalues', gpio['GPIO_V2_LINE_SET_VALUES']],
      ['name', evdev['nameRequest']!(256)],
      ['grab', evdev['EVIOCGRAB']],
      ['canraw', can['CAN_RAW']],
      ['solcanraw', can['SOL_CAN_RAW']],
      ['canrawfilter', can['CAN_RAW_FILTER']],
      ['eff', can['CAN_EFF_FLAG']],
      ['vsock', vsock['AF_VSOCK']],
      ['stream', vsock['SOCK_STREAM']],
      ['anycid', vsock['ANY']],
      ['anyport', vsock['ANY']],
      ['local', vsock['LOCAL']],
      ['host', vsock['HOST']],
    ] as const) {
      assert.is(String(value), expected.get(name), name);
    }
  }),
);

// Runs the program that the first argument names where /sys/class/gpio is a stand-in: pins 7 and 8 are wired together,
// and somebody presses a button at pin 4. The value of a pin is the receiving end of a TCP connection. An edge is
// urgent data, which a poller reports as it reports the edge of a pin: EPOLLPRI, until the value is read.
const fs = require('node:fs');
const { join } = require('node:path');
const sys = require('pollux/sys');

const ROOT = '/sys/class/gpio/';
const [, , program, state] = process.argv;
const WIRES = { 7: '8', 8: '7' };
const BUTTON = '4';
const X = Buffer.from('x');
const actual = { ...fs };

/** Open values by descriptor: the pin, the other end of the connection, and whether an edge waits to be read. */
const values = new Map();

const fileOf = (pin, name) => join(state, `gpio${pin}`, name);
const read = (pin, name) => actual.readFileSync(fileOf(pin, name), 'utf8').trim();
const isExported = (pin) => actual.existsSync(join(state, `gpio${pin}`));

function exportPin(pin) {
  actual.mkdirSync(join(state, `gpio${pin}`));
  for (const [name, text] of Object.entries({ direction: 'in', edge: 'none', active_low: '0', level: '0' }))
    actual.writeFileSync(fileOf(pin, name), text);
  if (isExported(WIRES[pin]) && read(WIRES[pin], 'direction') === 'out') setLevel(pin, read(WIRES[pin], 'level'));
}

/** The electric level of a pin, which is the value of an input unless it is active low. */
function setLevel(pin, level) {
  const former = read(pin, 'level');
  actual.writeFileSync(fileOf(pin, 'level'), level);
  const edge = read(pin, 'edge');
  const rises = (level === '1') !== (read(pin, 'active_low') === '1');
  if (level !== former && (edge === 'both' || edge === (rises ? 'rising' : 'falling'))) interrupt(pin);
  const other = WIRES[pin];
  if (read(pin, 'direction') === 'out' && isExported(other) && read(other, 'direction') === 'in')
    setLevel(other, level);
}

function interrupt(pin) {
  for (const value of values.values()) {
    if (value.pin !== pin || value.isPending) continue;
    value.isPending = true;
    sys.send(value.peer, X, 0, 1, sys.MSG_OOB);
  }
}

const inverted = (pin, digit) => (read(pin, 'active_low') === '1' ? (digit === '1' ? '0' : '1') : digit);

function openValue(pin) {
  const listener = sys.socket('ipv4');
  sys.bind(listener, { host: '127.0.0.1', port: 0 });
  sys.listen(listener, 1);
  const peer = sys.socket('ipv4');
  sys.connect(peer, sys.localAddress(listener));
  let fd = sys.WOULD_BLOCK;
  while (fd === sys.WOULD_BLOCK) fd = sys.accept(listener);
  sys.close(listener);
  values.set(fd, { pin, peer, isPending: false });
  return fd;
}

/** Reads the value of a pin, which takes its edge. */
function readValue(value, fd, buffer, offset) {
  if (value.isPending) {
    while (sys.recv(fd, Buffer.alloc(1), 0, 1, sys.MSG_OOB) === sys.WOULD_BLOCK);
    value.isPending = false;
  }
  return buffer.write(inverted(value.pin, read(value.pin, 'level')), offset);
}

const partsOf = (path) => (String(path).startsWith(ROOT) ? String(path).slice(ROOT.length).split('/') : undefined);
const redirected = (path) => (partsOf(path) === undefined ? path : join(state, ...partsOf(path)));

fs.existsSync = (path) => actual.existsSync(redirected(path));
fs.readFileSync = (path, ...rest) => actual.readFileSync(redirected(path), ...rest);
fs.writeFileSync = (path, data, ...rest) => {
  const [first, name] = partsOf(path) ?? [];
  const text = String(data);
  const pin = first?.slice('gpio'.length);
  if (first === 'export') exportPin(text);
  else if (first === 'unexport') actual.rmSync(join(state, `gpio${text}`), { recursive: true });
  else if (name === 'direction') {
    actual.writeFileSync(fileOf(pin, 'direction'), text === 'in' ? 'in' : 'out');
    if (text !== 'in') setLevel(pin, text === 'high' ? '1' : '0');
  } else if (name === 'edge' && read(pin, 'direction') === 'out' && text !== 'none') {
    throw Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO' });
  } else actual.writeFileSync(redirected(path), data, ...rest);
};
fs.openSync = (path, ...rest) => {
  const [first, name] = partsOf(path) ?? [];
  return name === 'value' ? openValue(first.slice('gpio'.length)) : actual.openSync(redirected(path), ...rest);
};
fs.closeSync = (fd) => {
  const value = values.get(fd);
  if (value === undefined) return actual.closeSync(fd);
  values.delete(fd);
  sys.close(value.peer);
  sys.close(fd);
};
fs.readSync = (fd, buffer, offset, ...rest) =>
  values.has(fd) ? readValue(values.get(fd), fd, buffer, offset) : actual.readSync(fd, buffer, offset, ...rest);
fs.writeSync = (fd, buffer, ...rest) => {
  if (!values.has(fd)) return actual.writeSync(fd, buffer, ...rest);
  const { pin } = values.get(fd);
  setLevel(pin, inverted(pin, buffer.toString('utf8', 0, 1)));
  return 1;
};
fs.read = (fd, buffer, offset, ...rest) => {
  if (!values.has(fd)) return actual.read(fd, buffer, offset, ...rest);
  return process.nextTick(rest.at(-1), null, fs.readSync(fd, buffer, offset), buffer);
};
fs.write = (fd, buffer, ...rest) => {
  if (!values.has(fd)) return actual.write(fd, buffer, ...rest);
  return process.nextTick(rest.at(-1), null, fs.writeSync(fd, buffer), buffer);
};

// The button keeps nothing alive.
setInterval(() => {
  if (isExported(BUTTON)) setLevel(BUTTON, read(BUTTON, 'level') === '1' ? '0' : '1');
}, 30).unref();

require(program);

// Puts pollux below node:net: servers accept with createServer(), clients connect with connectStream(). What makes a
// net.Socket by itself (`new net.Socket()`, a handle) stays as it is.
import http from 'node:http';
import net from 'node:net';
import { nextTick } from 'node:process';
import tls from 'node:tls';
import { connectStream, createServer } from 'pollux';

/** The pollux server of each net.Server that listens or has listened. */
const inner = new WeakMap();
const EVENTS = ['listening', 'connection', 'error', 'close', 'drop'];

Object.assign(net.Server.prototype, {
  listen(...values) {
    if (this.listening) throw Object.assign(new Error('listens already'), { code: 'ERR_SERVER_ALREADY_LISTEN' });
    const { allowHalfOpen, pauseOnConnect, noDelay, keepAlive, highWaterMark, maxConnections } = this;
    const server = createServer({
      allowHalfOpen,
      pauseOnConnect: Boolean(pauseOnConnect),
      noDelay: Boolean(noDelay),
      keepAlive: Boolean(keepAlive),
      highWaterMark,
    });
    server.maxConnections = maxConnections;
    for (const name of EVENTS) server.on(name, (...all) => this.emit(name, ...all));
    inner.set(this, server);
    const callback = values.at(-1);
    if (typeof callback === 'function') this.once('listening', values.pop());
    server.listen(...values);
    return this;
  },
  close(callback) {
    const server = inner.get(this);
    if (server === undefined) nextTick(() => this.emit('close'));
    if (typeof callback === 'function') {
      const error = this.listening ? undefined : Object.assign(new Error(), { code: 'ERR_SERVER_NOT_RUNNING' });
      this.once('close', () => callback(error));
    }
    server?.close();
    return this;
  },
  address() {
    return inner.get(this)?.address() ?? null;
  },
  getConnections(callback) {
    if (inner.has(this)) inner.get(this).getConnections(callback);
    else nextTick(callback, null, 0);
    return this;
  },
  ref() {
    inner.get(this)?.ref();
    return this;
  },
  unref() {
    inner.get(this)?.unref();
    return this;
  },
});
Object.defineProperty(net.Server.prototype, 'listening', {
  configurable: true,
  get() {
    return inner.get(this)?.listening ?? false;
  },
});

function connect(...values) {
  const [options, listener] = net._normalizeArgs(values);
  const isPath = typeof options.path === 'string';
  return connectStream(isPath ? { ...options, host: null, port: null } : options, listener ?? undefined);
}

Object.assign(net, { connect, createConnection: connect });
http.Agent.prototype.createConnection = connect;

const connectTls = tls.connect;
tls.connect = (...values) => {
  const [options, listener] = net._normalizeArgs(values);
  const all = { ...options, ...values.slice(1).find((value) => typeof value === 'object' && value !== null) };
  const { host, port, path, lookup, timeout, localAddress, localPort, family } = all;
  all.socket ??= connect({ host, port, path, lookup, timeout, localAddress, localPort, family });
  return connectTls(all, listener ?? undefined);
};

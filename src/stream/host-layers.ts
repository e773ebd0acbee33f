import type { Duplex } from 'node:stream';

/** What Node's http sets on the socket that it serves, and takes away when it lets go of it. */
interface ServedByHttp {
  readonly parser?: unknown;
  readonly _httpMessage?: unknown;
}

const textOf: (callback: unknown) => string = Function.prototype.call.bind(Function.prototype.toString);

/** The call by which the adapter of Node (`internal/js_stream_socket`) hands on the end of the stream below it. */
const HANDS_ON_THE_END = 'emitEOF';

/**
 * Whether a protocol of the host works on `stream`: http, or TLS or http2, which use a stream that is no `net.Socket` through
 * an adapter. Below `net.Socket`, such a protocol takes the handle, and so nothing ends writing but the protocol itself: it
 * may have much to write after its peer has ended.
 *
 * The adapter leaves no trace on the stream but its listeners, and has no name that could be asked for: the text
 * of its listener is what tells.
 */
export function hasHostLayer(stream: Duplex): boolean {
  const { parser, _httpMessage } = stream as ServedByHttp;
  if ((parser ?? _httpMessage ?? undefined) !== undefined) return true;
  return stream.listeners('end').some((listener) => textOf(listener).includes(HANDS_ON_THE_END));
}

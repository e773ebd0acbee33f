// What a server uses from its first `listen()` on.
export { applySettings } from './connect-stream.js';
export { listen } from './listen.js';
export { addressesOf, isNumeric, systemLookup } from './resolve.js';
export { listenCallOf } from './server-arguments.js';

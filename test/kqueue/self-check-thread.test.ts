import { registerSelfCheck } from '../support/self-check.js';

registerSelfCheck('kqueue', 'thread', 'the backend keeps its contract, shared by threads, under ThreadSanitizer', [
  'freebsd',
  'openbsd',
]);

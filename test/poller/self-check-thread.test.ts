import { registerSelfCheck } from '../support/self-check.js';

registerSelfCheck('poller', 'thread', 'the backend keeps its contract, shared by threads, under ThreadSanitizer', [
  'epoll',
]);

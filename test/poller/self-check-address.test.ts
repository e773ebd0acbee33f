import { registerSelfCheck } from '../support/self-check.js';

registerSelfCheck(
  'poller',
  'address',
  'the backend keeps its contract under AddressSanitizer and UndefinedBehaviorSanitizer',
  ['epoll', 'netbsd', 'darwin'],
);

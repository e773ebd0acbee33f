import { registerSelfCheck } from './support/self-check.js';

registerSelfCheck('address', 'the backend keeps its contract under AddressSanitizer and UndefinedBehaviorSanitizer', ['epoll', 'freebsd', 'netbsd', 'darwin', 'openbsd']);

import { registerSelfCheck } from '../support/self-check.js';

registerSelfCheck('poller', 'plain', 'the backend keeps its contract', ['epoll']);

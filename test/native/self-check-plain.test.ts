import { registerSelfCheck } from '../support/self-check.js';

registerSelfCheck('plain', 'the backend keeps its contract', ['epoll']);

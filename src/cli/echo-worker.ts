import { workerData } from 'node:worker_threads';
import { attachPoller, type PollerHandle } from '../share.js';
import { EchoServer, type Connection, type EchoMode } from './echo-server.js';

export interface EchoWorkerData {
  readonly poller: PollerHandle;
  readonly listener: number;
  readonly mode: EchoMode;
}

const { poller: handle, listener, mode } = workerData as EchoWorkerData;
const poller = attachPoller<Connection>(handle);
try {
  new EchoServer(poller, listener, mode).run();
} finally {
  poller.close();
}

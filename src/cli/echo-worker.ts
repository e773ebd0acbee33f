import { workerData } from 'node:worker_threads';
import { Reactor } from '../reactor/reactor.js';
import { attachPoller, type PollerHandle } from '../poller/open-poller.js';
import { EchoServer, type EchoMode } from './echo-server.js';

export interface EchoWorkerData {
  readonly poller: PollerHandle;
  readonly listener: number;
  readonly mode: EchoMode;
}

const { poller: handle, listener, mode } = workerData as EchoWorkerData;
const poller = attachPoller(handle);
let failure: unknown;
const reactor = new Reactor({
  poller,
  onWake: () => reactor.stop(),
  onError: (error) => {
    failure = error;
    reactor.stop();
  },
});
const server = new EchoServer(reactor, listener, mode);
reactor.run();
server.close();
poller.close();
if (failure !== undefined) throw failure;

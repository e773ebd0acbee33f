import type { Poller } from '../../poller.js';
import { Connection } from './connection.js';
import { DescriptorTable } from './descriptor-table.js';
import type { DriverHandle } from './driver.js';
import { DriverPoller } from './driver-poller.js';
import { Registrations } from './registrations.js';

/** The module that the threads of a clause load to attach to a poller of a driver. */
export function attachPoller(handle: DriverHandle): Poller {
  const connection = new Connection(handle.socket, handle.answerMs, () => undefined);
  return new DriverPoller({
    connection,
    table: new DescriptorTable(handle.table),
    registrations: new Registrations(handle.registrations),
    number: handle.number,
    fd: handle.fd,
    name: handle.name,
    capabilities: handle.capabilities,
    wakes: handle.wakes,
    onClose: () => connection.close(),
  });
}

/** A module of pollers exports these functions as well; a thread only attaches. */
export function createPoller(): never {
  throw new Error('a thread opens no poller of a driver');
}
export const share = createPoller;

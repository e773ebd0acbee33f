import { registerSuiteOn } from '../support/kqueue-suite.js';

registerSuiteOn('darwin', {
  'this says nothing of a backend: the kernel of the machine runs it': 11,
  'kqueue has nothing like EPOLLEXCLUSIVE': 22,
  'only Linux takes shutdown() of a listening socket': 2,
  'darwin tells neither end of a named FIFO that the other has gone': 11,
  'darwin has no regular file that can be waited for, as Linux has /proc/self/mounts': 2,
  'darwin has no network namespaces': 1,
  'darwin has no UTS namespaces': 1,
  'kqueue adds an edge where something happened to the file, such as a read': 6,
  'kqueue has no EXCLUSIVE': 1,
  'the poller reports PRIORITY': 1,
});

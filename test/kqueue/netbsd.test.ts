import { registerSuiteOn } from '../support/kqueue-suite.js';

registerSuiteOn('netbsd', {
  'this says nothing of a backend: the kernel of the machine runs it': 11,
  'kqueue has nothing like EPOLLEXCLUSIVE': 22,
  'only Linux takes shutdown() of a listening socket': 2,
  'netbsd tells neither side of a terminal that the other has gone': 24,
  'netbsd tells a writer of a FIFO nothing, and pollux refuses it': 6,
  'netbsd has no regular file that can be waited for, as Linux has /proc/self/mounts': 2,
  'netbsd has no network namespaces': 1,
  'netbsd has no UTS namespaces': 1,
  'kqueue adds an edge where something happened to the file, such as a read': 6,
  'netbsd does not report to one side of a pty that the other closed': 1,
  'kqueue has no EXCLUSIVE': 1,
});

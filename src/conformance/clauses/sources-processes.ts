import { HANGUP, LEVEL, READABLE, READ_CLOSED } from '../../interest.js';
import * as sys from '../../sys.js';
import type { Clause } from '../kit/clause.js';
import { modesOf } from '../kit/modes.js';

/** Linux 6.9 also reports a hangup once the process was waited for. */
const MAY_COME = HANGUP | READ_CLOSED;

/** Processes as descriptors. */
export const processSourcesClauses: readonly Clause[] = [
  {
    id: 'sources.16',
    title: 'every wait reports the descriptor of a process after the process has ended',
    promise:
      'The descriptor of a process is not reported while the process runs, and is READABLE from the end of the process on, also after the process was waited for.',
    needs: ['processes'],
    async run({ open, expect }) {
      const poller = open.poller();
      const { process, fd } = open.process();
      const running = open.process();
      poller.add(fd, READABLE, 'ends');
      poller.add(running.fd, READABLE, 'runs');
      for (let wait = 0; wait < 2; wait++) expect.none(poller);
      process.kill();
      for (let wait = 0; wait < 3; wait++) expect.eventsAllowing(poller, MAY_COME, [fd, READABLE, 'ends']);
      await process.ended();
      for (let wait = 0; wait < 3; wait++) expect.eventsAllowing(poller, MAY_COME, [fd, READABLE, 'ends']);
      poller.remove(fd);
      expect.none(poller);
      running.process.kill();
      expect.eventsAllowing(poller, MAY_COME, [running.fd, READABLE, 'runs']);
      await running.process.ended();
    },
  },
  {
    id: 'sources.17',
    title: 'edge and oneshot report the end of a process once, and once more after modify()',
    promise:
      'An edge or oneshot registration of a process reports the end of the process once. After modify(), and after remove() and add(), every mode reports it again.',
    needs: ['processes'],
    async run({ open, expect, environment }) {
      for (const { mode } of modesOf(environment.capabilities)) {
        const poller = open.poller();
        const { process, fd } = open.process();
        poller.add(fd, mode | READABLE);
        expect.none(poller);
        process.kill();
        for (let round = 0; round < 3; round++) {
          expect.eventsAllowing(poller, MAY_COME, [fd, READABLE]);
          if (mode !== LEVEL) expect.none(poller);
          poller.modify(fd, mode | READABLE);
        }
        poller.remove(fd);
        expect.none(poller);
        poller.add(fd, mode | READABLE);
        expect.eventsAllowing(poller, MAY_COME, [fd, READABLE]);
        await process.ended();
      }
    },
  },
  {
    id: 'sources.18',
    title: 'a process that had ended before openProcess() is reported at once',
    promise:
      'A process that has ended and was not waited for has a descriptor, which is READABLE at the first wait after add(), in every mode.',
    needs: ['processes', 'endedProcesses'],
    async run({ open, expect, each, environment, own }) {
      const { pid, parent } = open.zombie();
      const witness = own(sys.openProcess(pid));
      const first = open.poller();
      first.add(witness, READABLE);
      expect.eventsAllowing(first, MAY_COME, [witness, READABLE]);
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const fd = own(sys.openProcess(pid));
        poller.add(fd, mode | READABLE, 'ended');
        expect.eventsAllowing(poller, MAY_COME, [fd, READABLE, 'ended']);
        poller.modify(fd, mode | READABLE);
        expect.eventsAllowing(poller, MAY_COME, [fd, READABLE, 'ended']);
      });
      parent.kill();
      await parent.ended();
    },
  },
];

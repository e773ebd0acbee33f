// A process that ends while threads run their reactors: `reactor-exit.js exit|throw|end WAITER`.
import * as sys from 'pollux/sys';
import { ReactorMortal } from '../support/mortals.js';
import type { WaiterName } from '../support/reactor.js';

async function main(how: string, waiter: WaiterName): Promise<void> {
  const mortals = (['run', 'run and deliver', 'deliver', 'wait'] as const).map(
    (behaviour) => new ReactorMortal(behaviour, waiter, sys.socketPair()),
  );
  await Promise.all(mortals.map((mortal) => mortal.begun()));
  console.log('running');
  if (how === 'exit') process.exit(7);
  if (how === 'throw')
    setImmediate(() => {
      throw new Error('nobody catches this');
    });
  for (const { worker } of mortals) worker.unref();
}

void main(process.argv[2]!, process.argv[3] as WaiterName);

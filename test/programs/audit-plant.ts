// Runs one program with a fault: `pollers` or `reactors`, and its index. Prints the descriptor that the fault is about.
import { POLLERS } from '../audit/planted/pollers.js';
import { REACTORS } from '../audit/planted/reactors.js';

const [, , list, index] = process.argv;
const plant = (list === 'pollers' ? POLLERS : REACTORS)[Number(index)]!;
void Promise.resolve(plant.run()).then((fd) => console.log(fd));

// Prints which addon it has loaded, and whether AddressSanitizer is there too.
import { createPoller } from 'pollux';
import { readFileSync } from 'node:fs';

createPoller().close();
const maps = readFileSync('/proc/self/maps', 'utf8');
console.log(/\/\S*pollux\.node$/m.exec(maps)?.[0]);
console.log(maps.includes('/libasan.so') ? 'with libasan' : 'without libasan');

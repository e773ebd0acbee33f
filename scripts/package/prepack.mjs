// npm pack, npm publish: what is packed is made from the sources, whatever lies in dist/. With the argument `packages`
// it is a package of packages/ that is packed.
import { redo, setUp } from '../set-up/set-up.mjs';

setUp(['dependencies']);
if (process.argv[2] === 'packages') setUp(['dist']);
redo(process.argv[2] ?? 'dist');

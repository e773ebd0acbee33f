// npm pack, npm publish: what is packed is made from the sources, whatever lies in dist/.
import { redo, setUp } from '../set-up/set-up.mjs';

setUp(['dependencies']);
redo('dist');

// npm test: everything that is missing, then the suite. Arguments select test files by a part of
// their name.
import { setUp } from './set-up.mjs';

setUp(['dependencies', 'addon', 'dist', 'test-addons', 'kqueue-addon', 'tests']);
const { runSuite } = await import('../test/run.mjs');
process.exitCode = await runSuite(process.argv.slice(2));

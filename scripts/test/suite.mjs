// npm test: everything that is missing, then the suite. Arguments select test files by a part of
// their name.
import { setUp, TO_TEST_ALL } from '../set-up/set-up.mjs';

setUp(TO_TEST_ALL);
const { runSuite } = await import('../../test/run.mjs');
process.exitCode = await runSuite(process.argv.slice(2));

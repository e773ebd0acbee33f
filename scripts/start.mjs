// npm start: everything that is missing, then the echo server.
import { createRequire } from 'node:module';
import { setUp } from './set-up/set-up.mjs';

setUp();
const require = createRequire(import.meta.url);
const { echoCommand } = require('../dist/cli/echo.js');
const { tellFailure } = require('../dist/cli/usage-error.js');
const announce = (where) => {
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(where);
  console.log(`listening on ${where}`);
  console.log(`
Talk to it from another terminal; what you send comes back:

  nc ${host} ${port}
  node -e "require('net').connect(${port}, '${host}').on('data', (b) => console.log(String(b))).end('hello')"

Ctrl-C ends it.`);
};
if (process.argv.includes('--help')) {
  require('../dist/cli/main.js');
} else {
  try {
    process.exitCode = await echoCommand(process.argv.slice(2), announce);
  } catch (error) {
    process.exitCode = tellFailure(error);
  }
}

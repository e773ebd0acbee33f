// npm start: everything that is missing, then the echo server.
import { createRequire } from 'node:module';
import { setUp } from './set-up.mjs';

setUp();
const { echoCommand } = createRequire(import.meta.url)('../dist/cli/echo.js');
const announce = (where) => {
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(where);
  console.log(`listening on ${where}`);
  console.log(`
Talk to it from another terminal; what you send comes back:

  nc ${host} ${port}
  node -e "require('net').connect(${port}, '${host}').on('data', (b) => console.log(String(b))).end('hello')"

Ctrl-C ends it.`);
};
try {
  process.exitCode = await echoCommand(process.argv.slice(2), announce);
} catch (error) {
  console.error(`pollux: ${error.message}`);
  process.exitCode = 1;
}

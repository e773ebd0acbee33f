#!/usr/bin/env node
import { conformanceCommand } from './conformance.js';
import { echoCommand } from './echo.js';
import { infoCommand } from './info.js';
import { tellFailure, UsageError } from './usage-error.js';

const USAGE = `usage: pollux <command>

  pollux info [--json]     runtime, backends, capabilities, binary in use, limits
  pollux echo [--host H] [--port N] [--mode level|edge|oneshot] [--loop blocking|host]
                           an echo server on a Poller, for trying real clients against it; by default
                           on 127.0.0.1, port 7007 (0: any free one), level, in a loop of its own
  pollux conformance [--backend NAME] [--module FILE] [--filter ID] [--reporter spec|tap|json|markdown] [--list]
                           what the Poller interface promises, clause by clause, checked against a
                           backend, or against the createPoller() that FILE exports
  pollux --help            this text
  pollux --version         the version of this package`;

/** Runs one command; resolves with the exit status. */
async function main(args: string[]): Promise<number> {
  const [command, ...rest] = args.includes('--help') ? ['--help'] : args;
  switch (command) {
    case 'info':
      return infoCommand(rest);
    case 'conformance':
      return conformanceCommand(rest);
    case 'echo':
      return echoCommand(rest);
    case '--version':
      console.log((require('../../package.json') as { version: string }).version);
      return 0;
    case '--help':
    case 'help':
      console.log(USAGE);
      return 0;
    default:
      throw new UsageError(command === undefined ? 'no command given' : `unknown command "${command}"`);
  }
}

main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    process.exitCode = tellFailure(error);
  },
);

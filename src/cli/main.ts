#!/usr/bin/env node
import { didYouMean } from '../did-you-mean.js';
import { auditCommand, placeOfScript } from './audit.js';
import { conformanceCommand } from './conformance.js';
import { echoCommand } from './echo.js';
import { type CommandName, COMMAND_NAMES, HELP, USAGE } from './help.js';
import { infoCommand } from './info.js';
import { outputWritten, print, watchOutput } from './output.js';
import { tellFailure, UsageError } from './usage-error.js';

/** The commands. Each gets its arguments, and resolves with the exit status. */
const COMMANDS: Readonly<Record<CommandName, (args: string[]) => number | Promise<number>>> = {
  info: infoCommand,
  echo: echoCommand,
  conformance: conformanceCommand,
  audit: auditCommand,
  // The rooms of the lab are loaded for the lab alone.
  lab: (args) => (require('./lab.js') as typeof import('./lab.js')).labCommand(args),
};

async function main(args: string[]): Promise<number> {
  const [first, ...rest] = args;
  if (first === 'help') return help(rest);
  // What follows the script of `audit` is for the script.
  const own = first === 'audit' ? args.slice(0, 1 + placeOfScript(rest)) : args;
  if (own.includes('--help') || own.includes('-h'))
    return help(own.filter((word) => !word.startsWith('-')).slice(0, 1));
  if (first === '--version' || first === '-v') {
    if (rest.length > 0) throw new UsageError(`unexpected argument '${rest[0]}'`);
    print((require('../../package.json') as { version: string }).version);
    return 0;
  }
  return COMMANDS[commandNamed(first)](rest);
}

/** Prints the usage of a command, or of all commands. */
function help([name, ...rest]: string[]): number {
  if (rest.length > 0) throw new UsageError(`unexpected argument '${rest[0]}'`);
  print(name === undefined || name === 'help' ? USAGE : HELP[commandNamed(name)]);
  return 0;
}

function commandNamed(name: string | undefined): CommandName {
  const command = COMMAND_NAMES.find((known) => known === name);
  if (command !== undefined) return command;
  if (name === undefined) throw new UsageError('no command given');
  const known = name.startsWith('-') ? ['--help', '--version'] : [...COMMAND_NAMES, 'help'];
  throw new UsageError(`unknown ${name.startsWith('-') ? 'option' : 'command'} "${name}"${didYouMean(name, known)}`);
}

watchOutput();
main(process.argv.slice(2))
  .then(async (status) => {
    await outputWritten();
    return status;
  })
  .catch(tellFailure)
  .then((status) => {
    process.exitCode = status;
  });

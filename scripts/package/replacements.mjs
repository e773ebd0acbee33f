// The packages of packages/ as they meet programs that do not know of them: npm's overrides put each in the place of
// the package whose interface it has, below a package that depends on that one.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../root.mjs';
import { setUp } from '../set-up/set-up.mjs';
import { packInto } from './tarball.mjs';

/** What is installed, what is replaced by the package, and a program with what it prints. */
const REPLACEMENTS = {
  'serialport-binding': {
    dependencies: { serialport: '13.0.0' },
    replaced: '@serialport/bindings-cpp',
    program: `
import { ReadlineParser, SerialPort } from 'serialport';
import * as sys from 'pollux/sys';

const { fd, path } = sys.openPty();
console.log(Array.isArray(await SerialPort.list()));
const port = new SerialPort({ path, baudRate: 250000 });
port.on('open', () => sys.write(fd, Buffer.from('21.5\\n')));
port.pipe(new ReadlineParser()).once('data', (line) => {
  console.log(line);
  port.close(() => sys.close(fd));
});
`,
    says: 'true\n21.5\n',
  },
};

/**
 * Installs and runs each in a folder of its own below `scratch`. `pollux`: the packed package. `npm`: the command.
 * `runtimes`: the commands that run the program. Returns, for each, what went wrong.
 */
export function problemsOfReplacements(scratch, pollux, npm, runtimes) {
  setUp(['dependencies', 'dist', 'packages']);
  return Object.fromEntries(
    Object.entries(REPLACEMENTS).map(([name, replacement]) => {
      const project = join(scratch, name);
      mkdirSync(project);
      const problem = problemOfInstalling(project, name, replacement, pollux, npm);
      return [name, problem === undefined ? problemsOfRunning(project, replacement, runtimes) : [problem]];
    }),
  );
}

function problemOfInstalling(project, name, { dependencies, replaced }, pollux, [command, ...args]) {
  const { filename } = packInto(project, join(ROOT, 'packages', name));
  const ours = `pollux-${name}`;
  const manifest = {
    private: true,
    dependencies: { ...dependencies, pollux: `file:${pollux}`, [ours]: `file:${filename}` },
    overrides: { [replaced]: `$${ours}` },
  };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
  const { status, stderr } = spawnSync(command, [...args, 'install', '--no-audit', '--no-fund'], {
    cwd: project,
    encoding: 'utf8',
  });
  if (status !== 0) return stderr;
  // What was replaced has an addon.
  const native = join(project, 'node_modules', replaced, 'binding.gyp');
  return existsSync(native) ? `${replaced} was not replaced` : undefined;
}

function problemsOfRunning(project, { program, says }, runtimes) {
  writeFileSync(join(project, 'program.mjs'), program);
  return runtimes.flatMap(([command, ...args]) => {
    const { stdout, stderr } = spawnSync(command, [...args, 'program.mjs'], {
      cwd: project,
      encoding: 'utf8',
      timeout: 60_000,
    });
    return stdout === says ? [] : [`${command}: ${stdout}${stderr}`];
  });
}

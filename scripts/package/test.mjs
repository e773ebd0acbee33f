// npm run test:package: packs the package, installs it into an empty project with each package manager of
// tools/package-clients, and uses it from CommonJS, ES modules and TypeScript, also an older one, and in bundles; lints
// it with publint and arethetypeswrong. Prints a table; ends with status 1 when anything warned or failed. Arguments
// choose clients.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { problemsOfBundles } from './bundles.mjs';
import { problemsOfConsumers } from './consumers.mjs';
import { problemsOfReplacements } from './replacements.mjs';
import { packInto } from './tarball.mjs';
import { problemsOfTypes } from './typed-consumers.mjs';
import { toolFolder } from '../set-up/tool-folder.mjs';

const scratch = mkdtempSync(join(tmpdir(), 'pollux-package-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const tools = toolFolder('package-clients');
// npm 12 needs a newer node than the oldest that pollux runs on.
const NODE = join(tools, 'node-24', 'bin', 'node');
const packed = packInto(scratch);
const tarball = join(scratch, packed.filename);

const npm = (version) => [
  [NODE, join(tools, `npm-${version}`, 'bin', 'npm-cli.js')],
  [
    ['install', '--no-audit', '--no-fund', '{}'],
    ['ci', '--no-audit', '--no-fund'],
  ],
];
const CLIENTS = {
  'npm 10': npm(10),
  'npm 11': npm(11),
  'npm 12': npm(12),
  pnpm: [
    [NODE, join(tools, 'pnpm', 'bin', 'pnpm.cjs')],
    [
      ['add', '{}'],
      ['install', '--frozen-lockfile'],
    ],
  ],
  bun: [
    [join(tools, '@oven', 'bun-linux-x64', 'bin', 'bun')],
    [
      ['add', '{}'],
      ['install', '--frozen-lockfile'],
    ],
  ],
  'yarn 1': [
    [NODE, join(tools, 'yarn', 'bin', 'yarn.js')],
    [['add', 'file:{}'], ['install']],
  ],
  'yarn 4': [
    [NODE, join(tools, '@yarnpkg', 'cli-dist', 'bin', 'yarn.js')],
    [
      ['add', 'pollux@{}'],
      ['install', '--immutable'],
    ],
  ],
};

/** Of a client's own, not of the package: what it says of an empty project, its settings or its version. */
const NOT_OURS = [
  /Unknown (user|env) config/,
  /No license field/,
  /update available/i,
  /No lockfile found/,
  /^warning Ignored/,
];

console.log(
  `${packed.filename}: ${packed.size} bytes packed, ${packed.unpackedSize} unpacked, ${packed.files.length} files\n`,
);
console.log('| client | warnings | scripts run | consumers | seconds |\n|---|---|---|---|---|');
const chosen = process.argv.slice(2);
for (const [name, [command, steps]] of Object.entries(CLIENTS)) {
  if (chosen.length > 0 && !chosen.some((word) => name.includes(word))) continue;
  const start = performance.now();
  const { version, warnings, problems } = install(command, steps);
  const built =
    problems.length === 0 && existsSync(join(scratch, 'project', 'node_modules/pollux/native/build')) ? 'yes' : 'none';
  report(
    `| ${name} (${version}) | ${warnings.length} | ${built} | ${problems.length === 0 ? 'run' : 'FAIL'} | ${((performance.now() - start) / 1000).toFixed(1)} |`,
    [...warnings, ...problems],
  );
}
console.log('');
const problems = problemsOfTypes(join(scratch, 'project'), join(tools, 'typescript-5'));
report(`TypeScript 5: ${problems.length === 0 ? 'clean' : 'FAIL'}`, problems);
for (const [name, problemsOfTool] of Object.entries(await problemsOfBundles(join(scratch, 'project'), tools, NODE))) {
  report(`${name}: ${problemsOfTool.length === 0 ? 'clean' : 'FAIL'}`, problemsOfTool);
}
const runtimes = [[NODE], [join(tools, '@oven', 'bun-linux-x64', 'bin', 'bun')]];
const [npmCommand] = CLIENTS['npm 11'];
for (const [name, found] of Object.entries(problemsOfReplacements(scratch, tarball, npmCommand, runtimes))) {
  report(`pollux-${name}: ${found.length === 0 ? 'run' : 'FAIL'}`, found);
}
for (const [name, file, args] of [
  ['publint', 'publint/src/cli.js', ['--strict']],
  ['arethetypeswrong', '@arethetypeswrong/cli/dist/index.js', []],
]) {
  const { status, stdout, stderr } = spawnSync(NODE, [join(tools, file), ...args, tarball], { encoding: 'utf8' });
  report(`${name}: ${status === 0 ? 'clean' : 'FAIL'}`, status === 0 ? [] : [stdout + stderr]);
}

function report(line, complaints) {
  console.log(line);
  for (const complaint of complaints) console.error(complaint.replace(/^/gm, '    '));
  if (complaints.length > 0) process.exitCode = 1;
}

/** An empty project, and the package in it: added, and once more from the lock file. */
function install([program, ...first], steps) {
  const project = join(scratch, 'project');
  rmSync(project, { recursive: true, force: true });
  mkdirSync(project);
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'consumer', version: '1.0.0', private: true, license: 'MIT' }),
  );
  const options = {
    cwd: project,
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: `${dirname(NODE)}:${process.env.PATH}`,
      CI: '1',
      YARN_NODE_LINKER: 'node-modules',
      YARN_ENABLE_IMMUTABLE_INSTALLS: '0',
      YARN_ENABLE_TELEMETRY: '0',
      npm_config_update_notifier: 'false',
    },
  };
  // Without it yarn 4 takes the project for a part of one further up.
  if (program === NODE && first[0].includes('cli-dist')) writeFileSync(join(project, 'yarn.lock'), '');
  const version = spawnSync(program, [...first, '--version'], options)
    .stdout?.trim()
    .split('\n')
    .at(-1);
  const warnings = [];
  for (const [index, step] of steps.entries()) {
    if (index > 0) rmSync(join(project, 'node_modules'), { recursive: true, force: true });
    const { status, stdout, stderr } = spawnSync(
      program,
      [...first, ...step.map((word) => word.replace('{}', tarball))],
      options,
    );
    const output = `${stdout}${stderr}`;
    if (status !== 0) return { version, warnings, problems: [`${step[0]}: ${output}`] };
    warnings.push(
      ...output
        .split('\n')
        .filter(
          (line) =>
            /warn|deprecat|allow-scripts|approve|blocked|Ignored build/i.test(line) &&
            !NOT_OURS.some((known) => known.test(line)),
        ),
    );
  }
  return { version, warnings, problems: problemsOfConsumers(project, NODE) };
}

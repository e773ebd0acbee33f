import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { ROOT } from '../support/paths.js';
import { PACKAGES } from '../support/test-files.js';

const test = suite('tarball');
const MOST_BYTES = 928 * 1024;

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: ReadonlyArray<{ readonly path: string }>;
}

const load = (path: string): Promise<unknown> => import(pathToFileURL(join(ROOT, 'scripts', path)).href);

const scratch = mkdtempSync(join(tmpdir(), 'pollux-tarball-'));
const project = join(scratch, 'project');
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

let packed: Packed;

test('project:tarball.1 the package has what it runs with and what builds it elsewhere, and no gyp file at the top', async () => {
  const { packInto } = (await load('package/tarball.mjs')) as { packInto(folder: string): Packed };
  packed = packInto(scratch);
  const paths = packed.files.map(({ path }) => path);
  const places = new Set(paths.map((path) => (path.includes('/') ? `${path.split('/')[0]}/` : path)));
  assert.equal([...places].sort(), [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'dist/',
    'native/',
    'package.json',
    'prebuilds/',
  ]);
  assert.equal(
    paths.filter((path) => path.endsWith('.gyp')),
    ['native/binding.gyp'],
  );
  assert.is(paths.filter((path) => path.endsWith('.node')).length, 10);
  assert.ok(packed.size <= MOST_BYTES, `${packed.size} bytes`);
});

test('project:tarball.5 a link of the README leads to a file of the package, or is marked °', () => {
  const paths = new Set(packed.files.map(({ path }) => path));
  const links = [...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/\]\(([^)#\s]+)[^)]*\)(°?)/g)];
  const lost = links.filter(([, target, mark]) => !/^https?:/.test(target!) && !paths.has(target!) && mark !== '°');
  assert.equal(
    lost.map(([, target]) => target),
    [],
  );
});

test('project:tarball.2 installing the package runs no script and prints no warning; CommonJS, ES modules and TypeScript can use it', async () => {
  const { problemsOfConsumers } = (await load('package/consumers.mjs')) as {
    problemsOfConsumers(folder: string): string[];
  };
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{"private": true}');
  const args = [
    'install',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--no-update-notifier',
    join(scratch, packed.filename),
  ];
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd: project, encoding: 'utf8' });
  assert.is(status, 0, stderr);
  // npm's complaints about its own settings are not about the package.
  const complaints = stderr.split('\n').filter((line) => line !== '' && !/ Unknown (user|env) config /.test(line));
  assert.equal(
    [
      complaints,
      stdout
        .trim()
        .split('\n')
        .at(0)
        ?.replace(/ in .*/, ''),
    ],
    [[], 'added 2 packages'],
  );
  assert.not(existsSync(join(project, 'node_modules/pollux/native/build')));
  assert.equal(problemsOfConsumers(project), []);
});

test('project:tarball.3 npx pollux info names the released binary, and says that the binary is built from the sources beside it', () => {
  const info = readInfo();
  assert.match(info['binary']!, /node_modules\/pollux\/prebuilds\//);
  assert.is(info['made from'], 'a released binary, from the sources in native');
});

const probe = spawnSync(process.execPath, [join(ROOT, 'scripts/test/native.mjs'), '--probe', 'plain'], {
  encoding: 'utf8',
});
const problem = probe.stdout.trim();
const register = problem === '' ? test : (title: string) => test.gate(title, problem);

register(
  'project:tarball.4 without its binary the package explains how to build one, and the built one is then in use',
  () => {
    const installed = join(project, 'node_modules', 'pollux');
    rmSync(join(installed, 'prebuilds'), { recursive: true });
    const script =
      "try { require('pollux').createPoller() } catch (error) { console.log(error.code + ': ' + error.message) }";
    const { stdout } = spawnSync(process.execPath, ['-e', script], {
      cwd: project,
      encoding: 'utf8',
      env: withoutOther(),
    });
    const [, folder] = /^ERR_BINDING_NOT_FOUND: .* To build it: npx node-gyp rebuild -C (.*)\n$/.exec(stdout) ?? [];
    assert.is(folder, join(installed, 'native'), stdout);

    const nodeGyp = require.resolve('node-gyp/bin/node-gyp.js', { paths: [ROOT] });
    const prefix = resolve(dirname(process.execPath), '..');
    const headers = existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];
    const build = spawnSync(process.execPath, [nodeGyp, 'rebuild', '-C', folder!, ...headers], {
      cwd: project,
      encoding: 'utf8',
    });
    assert.is(build.status, 0, build.stdout + build.stderr);
    assert.is(readInfo()['made from'], 'built on this machine, from the sources in native');
  },
);

function readInfo(): Record<string, string> {
  const { stdout } = spawnSync(process.execPath, ['node_modules/.bin/pollux', 'info', '--json'], {
    cwd: project,
    encoding: 'utf8',
    env: withoutOther(),
  });
  return JSON.parse(stdout) as Record<string, string>;
}

/** The addon that the tests run with is not the one of the package. */
function withoutOther(): NodeJS.ProcessEnv {
  const { POLLUX_BINDING: _, ...rest } = process.env;
  return rest;
}

/** A checkout with these dependencies, and nothing built. */
function checkout(): string {
  const folder = mkdtempSync(join(scratch, 'checkout-'));
  for (const part of ['package.json', 'package-lock.json', 'tsconfig.json', 'scripts', 'src', 'native', 'packages']) {
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  }
  for (const name of PACKAGES) rmSync(join(folder, 'packages', name, 'dist'), { recursive: true, force: true });
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name !== '.pollux') symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  mkdirSync(join(modules, '.pollux'));
  cpSync(join(ROOT, 'node_modules/.pollux/dependencies'), join(modules, '.pollux/dependencies'));
  return folder;
}

test('project:tarball.6 packing compiles the sources whatever dist contains, and compiling makes what is missing', () => {
  const cwd = checkout();
  const dist = (file: string): string => join(cwd, 'dist', file);
  const pack = (): string[] => {
    const { stdout, stderr, status } = spawnSync('npm', ['pack', '--dry-run', '--json'], { cwd, encoding: 'utf8' });
    assert.is(status, 0, stderr);
    return (JSON.parse(stdout.slice(stdout.indexOf('['))) as [Packed])[0].files.map(({ path }) => path).sort();
  };
  const expected = pack();
  const code = readFileSync(dist('package.js'), 'utf8');
  writeFileSync(dist('stray.js'), 'left behind');
  writeFileSync(dist('package.js'), 'edited');
  assert.equal(pack(), expected);
  assert.is(readFileSync(dist('package.js'), 'utf8'), code);
  rmSync(dist('package.js'));
  const script = "import('./scripts/set-up/set-up.mjs').then(({ setUp }) => setUp(['dist']))";
  assert.is(spawnSync(process.execPath, ['-e', script], { cwd }).status, 0);
  assert.is(readFileSync(dist('package.js'), 'utf8'), code);
});

test('project:tarball.7 npm pack in a checkout that has built nothing packs the code of the packages beside pollux', () => {
  const cwd = checkout();
  const args = ['pack', '--workspaces', '--dry-run', '--json'];
  const { stdout, stderr, status } = spawnSync('npm', args, { cwd, encoding: 'utf8' });
  assert.is(status, 0, stderr);
  const packed = JSON.parse(stdout.slice(stdout.indexOf('['))) as Packed[];
  assert.is(packed.length, PACKAGES.length);
  for (const { files } of packed)
    assert.ok(
      files.some(({ path }) => path === 'dist/index.js'),
      stdout,
    );
});

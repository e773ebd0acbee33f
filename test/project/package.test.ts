import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import * as pollux from 'pollux';
import * as conformance from 'pollux/conformance';
import * as sys from 'pollux/sys';
import { suite } from '../support/suite.js';
import { ROOT } from '../support/paths.js';

const test = suite('package');
const CLI = join(ROOT, 'dist', 'cli', 'main.js');
const ESBUILD = join(ROOT, 'node_modules/esbuild/bin/esbuild');
/** The files of dist/ that are read when something of theirs is used. */
const CLASSES = ['reactor/classes.js', 'stream/classes.js'];
const ROOMS = [...CLASSES, 'net/room.js', 'reactor/room.js', 'sys/room.js'];

function run(args: string[], env: NodeJS.ProcessEnv = {}): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: 120_000,
  });
}

test('project:package.1 import and require give the same names and the same objects', () => {
  for (const [name, module] of Object.entries({ pollux, 'pollux/sys': sys, 'pollux/conformance': conformance })) {
    const script = `
      import * as esm from '${name}';
      import { createRequire } from 'node:module';
      const cjs = createRequire(import.meta.url)('${name}');
      const same = Object.keys(cjs).every((key) => esm[key] === cjs[key]);
      console.log(JSON.stringify([Object.keys(esm).sort(), same]));`;
    const { stdout, stderr } = run(['--input-type=module', '-e', script]);
    assert.is(stderr, '');
    assert.equal(JSON.parse(stdout), [
      Object.keys(module)
        .filter((key) => key !== 'default')
        .sort(),
      true,
    ]);
  }
});

test('project:package.2 importing the package does not load the addon', () => {
  const script = `
    require('pollux'); require('pollux/sys'); require('pollux/conformance');
    const loaded = process.report.getReport().sharedObjects.filter((file) => file.endsWith('.node'));
    console.log(JSON.stringify(loaded));`;
  const { stdout } = run(['-e', script], { POLLUX_BINDING: '/nowhere/pollux.node' });
  assert.is(stdout, '[]\n');
});

test('project:package.9 require reads two files, and creates exports at their first use', () => {
  const script = `
    const { createPoller } = require('pollux');
    const streams = process.moduleLoadList.includes('NativeModule stream');
    console.log(JSON.stringify([Object.keys(require.cache).map((file) => require('node:path').basename(file)).sort(), streams]));`;
  const { stdout } = run(['-e', script]);
  assert.equal(JSON.parse(stdout), [['index.js', 'package.js'], false]);
});

test('project:package.19 a program reads the files of what it uses, and an import reads those of the classes', () => {
  const filesRead = (program: string): string[] => {
    const script = `
      const { dirname, relative } = require('node:path');
      const dist = dirname(require.resolve('pollux'));
      Promise.resolve((() => { ${program} })()).then(() => {
        const names = Object.keys(require.cache).map((file) => relative(dist, file));
        console.log(JSON.stringify(names.filter((name) => /^[a-z]+\\/(room|classes)\\.js$/.test(name)).sort()));
      });`;
    return JSON.parse(run(['-e', script]).stdout) as string[];
  };
  assert.equal(filesRead("require('pollux').createPoller().close();"), []);
  assert.equal(filesRead("const { connect, listen } = require('pollux');"), []);
  assert.equal(filesRead("require('pollux').Reactor;"), ['reactor/classes.js']);
  assert.equal(filesRead("require('pollux/sys').pipe();"), ['stream/classes.js']);
  assert.equal(filesRead("return import('pollux');"), CLASSES);
});

test('project:package.3 without an addon createPoller() names the places it looked at and the command that builds the addon', () => {
  const script = `
    const { backends, createPoller } = require('pollux');
    console.log(JSON.stringify(backends()));
    try { createPoller(); } catch (error) { console.log(error.code); console.log(error.message); }`;
  const { stdout } = run(['-e', script], { POLLUX_BINDING: '/nowhere/pollux.node' });
  const [available, code, message] = stdout.split('\n');
  assert.is(available, '[]');
  assert.is(code, 'ERR_BINDING_NOT_FOUND');
  for (const part of ['/nowhere/pollux.node', process.platform, process.arch, 'node-gyp rebuild']) {
    assert.ok(message!.includes(part), `${message} names ${part}`);
  }
});

test('project:package.8 an addon that does not load is reported by pollux info and by createPoller', () => {
  const broken = join(__dirname, 'broken.node');
  writeFileSync(broken, 'no addon');
  const info = run([CLI, 'info', '--json'], { POLLUX_BINDING: broken });
  const report = JSON.parse(info.stdout) as Record<string, unknown>;
  assert.equal([report['backends'], report['binary']], [[], null]);
  assert.match(report['problem'] as string, /broken\.node cannot be loaded: /);
  const script = "try { require('pollux').createPoller(); } catch (error) { console.log(error.code); }";
  assert.is(run(['-e', script], { POLLUX_BINDING: broken }).stdout, 'ERR_BINDING_NOT_FOUND\n');
  rmSync(broken);
});

test('project:package.4 an addon whose constants differ from those of the package is refused when it loads', () => {
  const script = `
    const Module = require('node:module');
    const load = Module._extensions['.node'];
    const change = eval(process.argv[1]);
    Module._extensions['.node'] = (module, file) => {
      load(module, file);
      module.exports = { ...module.exports, lists: change(module.exports.lists) };
    };
    try { require('pollux').createPoller(); } catch (error) { console.log(error.message); }`;
  const changes: ReadonlyArray<[change: string, differing: string]> = [
    ['(lists) => ({ ...lists, bits: { ...lists.bits, READABLE: 2, NEWER: 4096 } })', 'bits.READABLE, bits.NEWER'],
    ['({ types, ...others }) => others', 'types.stream, types.dgram, types.seqpacket'],
    ['() => undefined', 'lists'],
    ...['batch', 'results', 'families', 'types', 'directions', 'messageFlags'].map((list): [string, string] => [
      `(lists) => ({ ...lists, ${list}: { ...lists.${list}, ODD: 1 } })`,
      `${list}.ODD`,
    ]),
  ];
  for (const [change, differing] of changes) {
    const { stdout } = run(['-e', script, change]);
    assert.match(stdout, `does not belong to this version of pollux: ${differing} differ`);
  }
});

test('project:package.5 the code of the README compiles with the strictest options', () => {
  const poller: pollux.Poller<{ name: string }> = pollux.createPoller<{ name: string }>({ capacity: 16 });
  const [reader, writer] = sys.pipe();
  poller.add(reader, pollux.READABLE, { name: 'reader' });
  sys.write(writer, new Uint8Array(1));
  const names = [...poller.wait(1000)].map((event: pollux.PollEvent<{ name: string }>) => event.data?.name);
  assert.equal(names, ['reader']);
  poller.close();
  sys.close(reader);
  sys.close(writer);
});

test('project:package.6 pollux info names the binary in use, the backend and the limits', () => {
  const { stdout, status } = run([CLI, 'info', '--json']);
  assert.is(status, 0);
  const info = JSON.parse(stdout) as Record<string, unknown>;
  assert.match(info['binary'] as string, /\.node$/);
  assert.equal(info['backends'], pollux.backends());
  assert.equal((info['capabilities'] as string[]).slice(0, 2), ['edge', 'oneshot']);
  assert.ok(info['descriptors'] === null || (info['descriptors'] as number) > 0);
});

test('project:package.7 an invalid command line is answered with the reason, a pointer to the usage and exit status 2', () => {
  const wrong: readonly [args: string[], message: RegExp][] = [
    [[], /no command given/],
    [['serve'], /unknown command "serve"/],
    [['echo', '--mode', 'sideways'], /--mode must be one of level, edge, oneshot, not "sideways"/],
    [['echo', '--port', '70000'], /--port must be a number 0 … 65535, not "70000"/],
    [['echo', '--port', '-1'], /'--port'/],
    [['echo', '--nope'], /'--nope'/],
    [['echo', '--host', ''], /--host must be an address or a name/],
    [['info', 'x'], /'x'/],
    [['conformance', '--filter', 'nope'], /"nope" is neither a clause nor a group/],
  ];
  for (const [args, message] of wrong) {
    const { stdout, stderr, status } = run([CLI, ...args]);
    const [first, ...rest] = stderr.split('\n');
    assert.equal([status, stdout, rest], [2, '', ['npx pollux --help shows the usage', '']], args.join(' '));
    assert.match(first!, /^pollux: /);
    assert.match(first!, message);
  }
});

test('project:package.10 pollux --help shows the usage', () => {
  for (const args of [['--help'], ['help']]) {
    const { stdout, stderr, status } = run([CLI, ...args]);
    assert.equal([status, stderr], [0, '']);
    assert.match(stdout, /^usage: pollux <command>\n[^]* pollux info [^]* pollux echo [^]* pollux conformance /);
  }
});

/** A copy of the package as installed, with the addon in use among its binaries, below `folder`. */
function installedIn(folder: string): string {
  const installed = join(folder, 'node_modules', 'pollux');
  for (const part of ['dist', 'package.json']) cpSync(join(ROOT, part), join(installed, part), { recursive: true });
  cpSync(join(ROOT, 'node_modules', 'node-gyp-build'), join(folder, 'node_modules', 'node-gyp-build'), {
    recursive: true,
  });
  placeAddon(installed);
  return installed;
}

/** Copies the addon in use to the place where a release has it. */
function placeAddon(folder: string): string {
  const { binary } = JSON.parse(run([CLI, 'info', '--json']).stdout) as { binary: string };
  const libc = existsSync('/etc/alpine-release') ? 'musl' : 'glibc';
  const file = join(
    folder,
    'prebuilds',
    `${process.platform}-${process.arch}`,
    process.platform === 'linux' ? `pollux.${libc}.node` : 'pollux.node',
  );
  cpSync(binary, file);
  return file;
}

/** Runs `body` with a folder that is removed after it. */
function inFolder(body: (folder: string) => void): void {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pollux-package-test-')));
  try {
    body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Prints the backend that createPoller() of `from` opens, or its error. */
const usesPoller = (from: string): string => `
  try {
    const { createPoller } = ${from};
    createPoller().close();
    console.log('works');
  } catch (error) {
    console.log(error.code + ': ' + error.message);
  }`;

test('project:package.11 code in a bundle finds the addon beside it, or names the three remedies', () => {
  inFolder((folder) => {
    const bundle = join(folder, 'out', 'bundle.cjs');
    const options = ['--bundle', '--platform=node', '--external:node-gyp-build', `--outfile=${bundle}`];
    const made = run([ESBUILD, join(ROOT, 'dist', 'package.js'), ...options]);
    assert.is(made.status, 0, made.stderr);
    const say = (env: NodeJS.ProcessEnv = {}): string =>
      run(['-e', usesPoller(`require(${JSON.stringify(bundle)})('index.js')`)], { POLLUX_BINDING: '', ...env }).stdout;
    const message = say();
    assert.match(message, /^ERR_BINDING_NOT_FOUND: No pollux addon for .* was found beside the bundle\. Tried: /);
    for (const part of [join(folder, 'out', 'prebuilds'), 'external', 'copy its folder prebuilds', 'POLLUX_BINDING'])
      assert.ok(message.includes(part), message);
    placeAddon(folder);
    assert.is(say(), 'works\n');
    placeAddon(join(folder, 'out'));
    rmSync(join(folder, 'prebuilds'), { recursive: true });
    assert.is(say(), 'works\n');
    rmSync(join(folder, 'out', 'prebuilds'), { recursive: true });
    installedIn(folder);
    assert.is(say(), 'works\n');
    rmSync(join(folder, 'node_modules'), { recursive: true });
    assert.is(say({ POLLUX_BINDING: placeAddon(join(folder, 'elsewhere')) }), 'works\n');
  });
});

test('project:package.12 a bundle of ES modules, which has no require(), loads the same code', () => {
  inFolder((folder) => {
    for (const file of ['package.js', 'package.mjs', 'index.bundle.mjs', ...ROOMS])
      cpSync(join(ROOT, 'dist', file), join(folder, file));
    const addon = placeAddon(join(folder, 'elsewhere'));
    const script = `
      import * as pollux from ${JSON.stringify(join(folder, 'index.bundle.mjs'))};
      ${usesPoller('pollux')}
      console.log(Object.keys(pollux).join());`;
    const { stdout, stderr } = run(['--input-type=module', '-e', script], { POLLUX_BINDING: addon });
    assert.is(stderr, '');
    assert.equal(stdout.trim().split('\n'), [
      'works',
      Object.keys(pollux)
        .filter((key) => key !== 'default')
        .sort()
        .join(),
    ]);
  });
});

test('project:package.13 with --no-addons importing works, and the error names the option', () => {
  const script = `require('pollux'); require('pollux/sys'); ${usesPoller("require('pollux')")}`;
  assert.match(
    run(['--no-addons', '-e', script]).stdout,
    /^ERR_BINDING_NOT_FOUND: .* start node without --no-addons\n$/,
  );
  assert.match(
    run(['-e', script], { NODE_OPTIONS: '--no-addons' }).stdout,
    /^ERR_BINDING_NOT_FOUND: .* start node without --no-addons\n$/,
  );
});

const OTHER_ADDON = join(ROOT, 'test/native/descriptors/build/Release/descriptors.node');
const permission = ['--permission', '--experimental-permission'].find(
  (flag) => run([flag, '--allow-fs-read=*', '-e', '0']).status === 0,
);
const underPermission = test.unless(permission === undefined ? 'this node has no permission model' : undefined);

underPermission('project:package.14 with --permission but without --allow-addons the error names the option', () => {
  const script = `require('pollux'); ${usesPoller("require('pollux')")}`;
  assert.match(
    run([permission!, '--allow-fs-read=*', '-e', script]).stdout,
    /^ERR_BINDING_NOT_FOUND: .* start node with --allow-addons beside --permission\n$/,
  );
  assert.is(run([permission!, '--allow-fs-read=*', '--allow-addons', '-e', script]).stdout, 'works\n');
});

underPermission(
  'project:package.15 with --permission but without --allow-fs-read of the addon the error names the option',
  () => {
    inFolder((folder) => {
      const installed = installedIn(folder);
      const file = join(folder, 'main.cjs');
      writeFileSync(file, usesPoller("require('pollux')"));
      const readable = [
        file,
        join(folder, 'package.json'),
        join(installed, 'dist/*'),
        join(installed, 'package.json'),
        join(folder, 'node_modules/node-gyp-build/*'),
      ];
      const { stdout } = run([permission!, ...readable.map((path) => `--allow-fs-read=${path}`), file], {
        POLLUX_BINDING: '',
      });
      assert.match(stdout, /^ERR_BINDING_NOT_FOUND: .*node may not read there: start it with --allow-fs-read=/);
    });
  },
);

test.unless(existsSync(OTHER_ADDON) ? undefined : 'the addons of the tests are not built here')(
  'project:package.16 an addon of another package is refused by name',
  () => {
    const { stdout } = run(['-e', usesPoller("require('pollux')")], { POLLUX_BINDING: OTHER_ADDON });
    assert.is(stdout, `ERR_BINDING_NOT_FOUND: The addon ${OTHER_ADDON} is not that of pollux\n`);
  },
);

test("project:package.17 two copies in one process work side by side, and refuse each other's objects with that reason", () => {
  inFolder((folder) => {
    const [one, two] = ['one', 'two'].map((name) =>
      JSON.stringify(join(installedIn(join(folder, name)), 'dist', 'index.js')),
    );
    const script = `
      const [a, b] = [require(${one}), require(${two})];
      const sys = require('pollux/sys');
      const [reader, writer] = sys.pipe();
      const [ofA, ofB] = [a.createPoller(), b.createPoller()];
      ofA.add(reader, a.READABLE, 'a');
      ofB.add(reader, b.READABLE, 'b');
      sys.write(writer, Buffer.from('x'));
      console.log([...ofA.wait(1000)][0].data, [...ofB.wait(1000)][0].data);
      const acts = [() => b.attachPoller(a.share(ofA)), () => b.share(ofA), () => new b.Reactor({ poller: ofA })];
      for (const act of acts) {
        try { act(); } catch (error) { console.log(error.message); }
      }`;
    const { stdout, stderr } = run(['-e', script], { POLLUX_BINDING: '' });
    assert.is(stderr, '');
    const [data, ...messages] = stdout.trim().split('\n');
    assert.is(data, 'a b');
    assert.is(messages.length, 3);
    for (const message of messages) assert.match(message, /another copy of pollux/);
  });
});

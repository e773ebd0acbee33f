// Builds one released binary from a copy of the sources. prebuildify drives node-gyp for Linux; node-gyp cannot
// build for macOS elsewhere, so that the compiler is called directly there, with the sources and flags of
// native/pollux.gypi.
import { spawn } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { ROOT } from '../root.mjs';
import { crossCompiler, crossCompilerEnvironment } from './cross-compiler.mjs';
import { EXPORTS, RELEASE_FLAGS } from './targets.mjs';

const require = createRequire(import.meta.url);
const PREFIX = resolve(dirname(process.execPath), '..');
const HEADERS = join(PREFIX, 'include', 'node');

/** Builds `target` from the sources in the folder `native`, and writes it to the file `output`. */
export async function buildTarget(target, native, output) {
  const tree = mkdtempSync(join(tmpdir(), 'pollux-prebuild-'));
  try {
    cpSync(native, join(tree, 'native'), { recursive: true, filter: (path) => path !== join(native, 'build') });
    const built =
      target.platform === 'darwin' ? await buildDirectly(target, tree) : await buildWithPrebuildify(target, tree);
    mkdirSync(dirname(output), { recursive: true });
    copyFileSync(built, output);
  } catch (error) {
    throw new Error(`${target.file}: ${error.message}`, { cause: error });
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

async function buildWithPrebuildify({ platform, arch, libc, target, file }, tree) {
  writeFileSync(join(tree, 'package.json'), JSON.stringify({ name: 'pollux' }));
  writeFileSync(
    join(tree, 'binding.gyp'),
    JSON.stringify({
      targets: [{ target_name: 'pollux', includes: ['native/pollux.gypi'], cflags_cc: ['-Werror'] }],
    }),
  );
  // Without it a 32-bit file exports, and keeps, all of the compiler's arithmetic.
  const exports = join(tree, 'exports.map');
  writeFileSync(exports, `{ global: ${EXPORTS.map((name) => `${name};`).join(' ')} local: *; };`);
  await run(
    process.execPath,
    [
      require.resolve('prebuildify/bin.js'),
      '--napi',
      `--platform=${platform}`,
      `--arch=${arch}`,
      `--tag-libc=${libc}`,
      `--target=${process.versions.node}`,
      `--node-gyp=${require.resolve('node-gyp/bin/node-gyp.js')}`,
    ],
    tree,
    {
      CC: `${crossCompiler()} cc -target ${target}`,
      CXX: `${crossCompiler()} c++ -target ${target}`,
      AR: `${crossCompiler()} ar`,
      // The driver for C: it links no C++ library.
      LINK: `${crossCompiler()} cc -target ${target}`,
      CXXFLAGS: RELEASE_FLAGS.join(' '),
      LDFLAGS: `-s -Wl,--version-script=${exports}`,
      NODE_PATH: join(ROOT, 'node_modules'),
      ...(existsSync(HEADERS) ? { npm_config_nodedir: PREFIX } : {}),
    },
  );
  return join(tree, 'prebuilds', file);
}

async function buildDirectly({ target, backend }, tree) {
  if (!existsSync(HEADERS)) throw new Error(`no headers of Node in ${HEADERS}`);
  const native = join(tree, 'native');
  const { variables, defines, cflags_cc: flags } = JSON.parse(readFileSync(join(native, 'pollux.gypi'), 'utf8'));
  const { sourceDigest } = require(join(native, 'source-digest.js'));
  const digest = `POLLUX_SOURCES="${sourceDigest(backend)}"`;
  const objects = [];
  for (const source of [...variables.common_files, ...variables[`${backend}_files`]]) {
    objects.push(`${source.replaceAll('/', '-')}.o`);
    await run(
      crossCompiler(),
      [
        'c++',
        '-target',
        target,
        ...flags,
        '-Werror',
        '-fPIC',
        ...RELEASE_FLAGS,
        ...[...defines, digest].map((define) => `-D${define}`),
        `-I${HEADERS}`,
        `-I${require('node-addon-api').include_dir}`,
        '-c',
        source,
        '-o',
        objects.at(-1),
      ],
      native,
    );
  }
  const output = 'pollux.node';
  // The linker signs the file for arm64, which macOS insists on: nothing may change it afterwards.
  await run(
    crossCompiler(),
    [
      'cc',
      '-target',
      target,
      '-shared',
      `-Wl,-install_name,@rpath/${output}`,
      '-Wl,-undefined,dynamic_lookup',
      '-Wl,-dead_strip',
      '-s',
      ...objects,
      '-o',
      output,
    ],
    native,
  );
  return join(native, output);
}

/** Runs a command; what it printed is part of the error when it fails. */
function run(command, args, cwd, environment = {}) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...crossCompilerEnvironment(), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    child.on('error', fail);
    child.on('close', (status) => {
      if (status === 0) done();
      else fail(new Error(`${basename(command)} ${args[0]} ended with status ${status}\n${output}`));
    });
  });
}

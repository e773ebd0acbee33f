// npm run test:native: builds the self-check of the backend (test/native/self-check) and runs it without Node's addon:
// on this kernel, and on Linux also over the kqueue simulator, as each of its kernels. Arguments choose builds (plain,
// address, thread) and kernels; `--probe BUILD` only tells whether that build works here.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { machine, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { ROOT } from '../root.mjs';
import { findCompiler } from '../set-up/toolchain.mjs';

const SELF_CHECK = join(ROOT, 'test/native/self-check');
const SIMULATOR = join(ROOT, 'test/kqueue-simulator');

const BUILDS = {
  plain: ['-O2'],
  address: ['-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
  thread: ['-O1', '-fsanitize=thread'],
};
const WARNINGS = ['-Wall', '-Wextra', '-Werror'];

/** What the program can run on: the folder of the backend, and the kernel that the simulator is to be. */
const KERNELS =
  process.platform === 'linux'
    ? {
        epoll: { backend: 'linux' },
        freebsd: { backend: 'bsd', personality: 'freebsd' },
        netbsd: { backend: 'bsd', personality: 'netbsd' },
        darwin: { backend: 'bsd', personality: 'darwin' },
        openbsd: { backend: 'bsd', personality: 'openbsd' },
      }
    : { [process.platform]: { backend: 'bsd' } };

const TIME_LIMIT_MS = 600_000;

function sourcesIn(folder) {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.cc'))
    .sort()
    .map((name) => join(folder, name));
}

/** Compiles in the way of `build`. Resolves with what the compiler said, empty when it succeeded. */
async function compile(build, args, output) {
  const compiler = findCompiler();
  if (compiler === undefined) return 'there is no C++ compiler (c++, g++, clang++ or CXX)';
  const [command, ...first] = compiler;
  const flags = ['-std=c++17', '-g', '-pthread', ...WARNINGS, ...BUILDS[build]];
  const { status, text } = await execute(command, [...first, ...flags, '-o', output, ...args]);
  return status === 0 ? '' : `${command} failed: ${text}`;
}

/** The sources of the self-check over `backend`; on Linux that of the BSDs comes with the simulator. */
function sourcesFor(backend) {
  const isSimulated = process.platform === 'linux' && backend === 'bsd';
  const own = sourcesIn(join(ROOT, 'native', backend));
  if (!isSimulated) {
    // All of native/common: it needs neither JavaScript nor a kernel's name.
    const shared = [...sourcesIn(join(ROOT, 'native/common')), ...sourcesIn(join(ROOT, 'native/posix'))];
    return [...sourcesIn(SELF_CHECK), ...own, ...shared];
  }
  // The calls of pollux/sys (os_*.cc) have headers that only a BSD has, and no part in the check.
  return [
    `-I${join(SIMULATOR, 'include')}`,
    ...sourcesIn(SELF_CHECK),
    ...own.filter((file) => !basename(file).startsWith('os_')),
    join(ROOT, 'native/common/registry.cc'),
    ...sourcesIn(join(SIMULATOR, 'src')),
  ];
}

/**
 * Runs `program`. ThreadSanitizer maps its shadow memory at fixed addresses, which do not fit every
 * layout that a kernel with much randomization (vm.mmap_rnd_bits above 28) makes.
 */
function run(build, program, env = {}) {
  const isPlain = build !== 'thread' || spawnSync('setarch', [machine(), '-R', 'true']).status !== 0;
  return isPlain ? execute(program, [], env) : execute('setarch', [machine(), '-R', program], env);
}

function execute(command, args, env = {}) {
  return new Promise((settle) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      timeout: TIME_LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk) => (text += chunk));
    child.on('error', (error) => settle({ status: -1, text: error.message }));
    child.on('close', (status, signal) =>
      settle({ status, text: signal === null ? text : `${text}\nkilled by ${signal}` }),
    );
  });
}

/** Why `build` does not work here; undefined when it does. */
async function objectionTo(build) {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-'));
  try {
    const source = join(folder, 'empty.cc');
    writeFileSync(source, '#include <pthread.h>\nint main() { return pthread_self() == 0; }\n');
    const program = join(folder, 'empty');
    const complaint = await compile(build, [source], program);
    if (complaint !== '') return complaint;
    const { status, text } = await run(build, program);
    return status === 0 ? undefined : `a program built with ${BUILDS[build].join(' ')} does not start: ${text}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Builds over one backend and runs on its kernels, one after the other. Resolves with a cell of the table for each. */
async function check(build, backend, kernels) {
  const program = join(SELF_CHECK, 'build', `${build}-${backend}`);
  mkdirSync(dirname(program), { recursive: true });
  const complaint = await compile(build, sourcesFor(backend), program);
  if (complaint !== '') console.error(complaint);
  const cells = {};
  for (const kernel of kernels) {
    cells[kernel] =
      complaint === '' ? await runOn(build, program, kernel) : { text: 'does not compile', passed: false };
  }
  return cells;
}

async function runOn(build, program, kernel) {
  const { personality } = KERNELS[kernel];
  const { status, text } = await run(
    build,
    program,
    personality === undefined ? {} : { KQUEUE_PERSONALITY: personality },
  );
  const lastLine = text.trimEnd().split('\n').at(-1);
  if (status === 0) return { text: lastLine, passed: true };
  console.log(`self-check, ${build}, ${kernel}:\n${text}`);
  return { text: `failed (${status})`, passed: false };
}

function printTable(builds, kernels, cells) {
  const width = 20;
  const row = (texts) =>
    console.log(
      texts
        .map((text) => text.padEnd(width))
        .join('')
        .trimEnd(),
    );
  row(['self-check', ...builds]);
  for (const kernel of kernels) {
    const { backend, personality } = KERNELS[kernel];
    const name =
      backend === 'linux' ? 'epoll' : personality === undefined ? `kqueue, ${kernel}` : `simulated ${personality}`;
    row([name, ...builds.map((build) => cells[build][kernel].text)]);
  }
}

const args = process.argv.slice(2);
if (args[0] === '--probe') {
  const objection = await objectionTo(args[1]);
  if (objection !== undefined) console.log(objection.trim().split('\n')[0]);
} else {
  const chosen = (names, otherwise) =>
    names.some((name) => args.includes(name)) ? names.filter((name) => args.includes(name)) : otherwise;
  const unknown = args.find((name) => !(name in BUILDS) && !(name in KERNELS));
  if (unknown !== undefined) {
    console.error(
      `test-native: no build or kernel is called ${unknown}: ${[...Object.keys(BUILDS), ...Object.keys(KERNELS)].join(', ')}`,
    );
    process.exit(2);
  }
  const builds = chosen(Object.keys(BUILDS), ['plain', 'address']);
  const kernels = chosen(Object.keys(KERNELS), Object.keys(KERNELS));
  const backends = [...new Set(kernels.map((kernel) => KERNELS[kernel].backend))];
  const cells = {};
  for (const build of builds) {
    const parts = backends.map((backend) =>
      check(
        build,
        backend,
        kernels.filter((kernel) => KERNELS[kernel].backend === backend),
      ),
    );
    cells[build] = Object.assign({}, ...(await Promise.all(parts)));
  }
  printTable(builds, kernels, cells);
  process.exitCode = builds.every((build) => kernels.every((kernel) => cells[build][kernel].passed)) ? 0 : 1;
}

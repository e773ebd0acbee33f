import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { ROOT } from '../support/paths.js';

interface CrossCompiler {
  crossCompilerProblem(): string | undefined;
  crossCompiler(): string;
  crossCompilerEnvironment(): NodeJS.ProcessEnv;
}

const test = suite('macOS, compiled against its own headers');

const TARGETS = ['x86_64-macos.11.0', 'aarch64-macos.11.0'];
const HEADERS = join(resolve(dirname(process.execPath), '..'), 'include', 'node');
const SCRIPT = pathToFileURL(join(ROOT, 'scripts/prebuild/cross-compiler.mjs')).href;

/** The flags of binding.gyp. */
const FLAGS = [
  '-std=c++17',
  '-O1',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-fno-exceptions',
  '-fno-rtti',
  '-fno-threadsafe-statics',
  '-fvisibility=hidden',
  '-DNAPI_VERSION=8',
  '-DNAPI_DISABLE_CPP_EXCEPTIONS',
  '-DNODE_ADDON_API_DISABLE_DEPRECATED',
];

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.cc'))
    .map((name) => join(ROOT, folder, name));
}

const reason = existsSync(join(HEADERS, 'node_api.h')) ? undefined : `node has no headers in ${HEADERS}`;
const clause = test.unless(reason ?? problem());

function problem(): string | undefined {
  const found = execFileSync(
    process.execPath,
    ['-e', `import('${SCRIPT}').then((m) => console.log(m.crossCompilerProblem() ?? ''))`],
    { encoding: 'utf8' },
  );
  return found.trim() || undefined;
}

/** The messages of the compiler about `files`; empty if there are none. */
async function complaint(target: string, files: readonly string[]): Promise<string> {
  const { crossCompiler, crossCompilerEnvironment } = (await import(SCRIPT)) as CrossCompiler;
  const folder = mkdtempSync(join(tmpdir(), 'pollux-'));
  try {
    const includes = [`-I${HEADERS}`, `-I${dirname(require.resolve('node-addon-api'))}`];
    const { status, stderr } = spawnSync(
      crossCompiler(),
      ['c++', '-target', target, ...FLAGS, ...includes, '-c', ...files],
      {
        cwd: folder,
        env: crossCompilerEnvironment(),
        encoding: 'utf8',
      },
    );
    return status === 0 ? '' : stderr || `exit status ${status}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const target of TARGETS) {
  clause(`kqueue:cross.1 ${target}: the addon over kqueue compiles without a warning`, async () => {
    assert.is(
      await complaint(target, [...sources('native/common'), ...sources('native/posix'), ...sources('native/bsd')]),
      '',
    );
  });

  clause(`kqueue:cross.2 ${target}: the self-check compiles without a warning`, async () => {
    assert.is(await complaint(target, sources('test/native/self-check')), '');
  });
}

clause(
  'kqueue:cross.3 a warning in any of several files is an error, and the headers are those of Darwin',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pollux-'));
    try {
      const good = join(folder, 'good.cc');
      const bad = join(folder, 'bad.cc');
      writeFileSync(
        good,
        '#include <sys/event.h>\n#ifndef __APPLE__\n#error no Darwin\n#endif\nint oob() { return NOTE_OOB + EVFILT_EXCEPT; }\n',
      );
      writeFileSync(bad, 'int f(int unused) { return 0; }\n');
      assert.is(await complaint(TARGETS[0]!, [good]), '');
      assert.match(await complaint(TARGETS[0]!, [good, bad]), /unused parameter/);
      assert.match(await complaint(TARGETS[0]!, [bad, good]), /unused parameter/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

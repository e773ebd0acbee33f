// Bundles of programs that use an installed package, made with the bundlers of tools/package-clients, and the files
// that @vercel/nft collects for them. Each bundle has to work where the package is installed and where prebuilds lies
// beside it, and to say what helps where neither is so.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

const USE = `
try {
  const poller = createPoller();
  const [reader, writer] = sys.pipe();
  poller.add(reader, READABLE, 'data');
  sys.write(writer, Buffer.from('x'));
  for (const event of poller.wait(1000)) console.log(event.data);
} catch (error) {
  console.log(error.code + ': ' + error.message);
}
`;
const WORKS = 'data\n';
const HELPS = /^ERR_BINDING_NOT_FOUND: .* Mark pollux as external .* copy its folder prebuilds .* POLLUX_BINDING/;

const ENTRIES = {
  'entry.mjs': `import { createPoller, READABLE } from 'pollux';\nimport * as sys from 'pollux/sys';\n${USE}`,
  'entry.cjs': `const { createPoller, READABLE } = require('pollux');\nconst sys = require('pollux/sys');\n${USE}`,
};

/** Bundle `entry` into `file`, ES modules or CommonJS by its name, and return what the bundler warns of. */
const BUNDLERS = {
  async esbuild(load, entry, file) {
    const { build } = load('esbuild');
    const format = file.endsWith('.mjs') ? 'esm' : 'cjs';
    const { warnings } = await build({
      entryPoints: [entry],
      outfile: file,
      bundle: true,
      platform: 'node',
      format,
      logLevel: 'silent',
    });
    return warnings.map(({ text }) => text);
  },
  webpack(load, entry, file) {
    const isModule = file.endsWith('.mjs');
    const options = {
      mode: 'production',
      target: 'node',
      entry,
      output: {
        path: dirname(file),
        filename: basename(file),
        module: isModule,
        library: { type: isModule ? 'module' : 'commonjs2' },
      },
      experiments: { outputModule: isModule },
      optimization: { minimize: false },
    };
    return new Promise((resolve, reject) => {
      load('webpack')(options, (error, stats) => {
        if (error) return reject(error);
        const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
        return resolve([...errors, ...warnings].map(({ message }) => message));
      });
    });
  },
  async rollup(load, entry, file) {
    const plugin = (name) => load(name).default ?? load(name);
    const warnings = [];
    const bundle = await load('rollup').rollup({
      input: entry,
      plugins: [plugin('@rollup/plugin-node-resolve')({ preferBuiltins: true }), plugin('@rollup/plugin-commonjs')()],
      onwarn: ({ message }) => warnings.push(message),
    });
    await bundle.write({ file, format: file.endsWith('.mjs') ? 'es' : 'cjs' });
    return warnings;
  },
};

/** What goes wrong with the package that is installed in `folder`; bundles run with `node`. One list for each tool. */
export async function problemsOfBundles(folder, tools, node) {
  const load = createRequire(join(tools, 'package.json'));
  const prebuilds = join(folder, 'node_modules', 'pollux', 'prebuilds');
  for (const [name, text] of Object.entries(ENTRIES)) writeFileSync(join(folder, name), text);
  const run = (file) => {
    const { POLLUX_BINDING: _, ...env } = process.env;
    const { stdout, stderr } = spawnSync(node, [file], { encoding: 'utf8', env });
    return stdout + stderr;
  };
  const results = {};
  for (const [name, bundle] of Object.entries(BUNDLERS)) {
    const problems = (results[name] = []);
    for (const entry of Object.keys(ENTRIES)) {
      for (const output of ['bundle.mjs', 'bundle.cjs']) {
        const title = `${name}, ${entry} to ${output}`;
        const file = join(folder, 'bundles', name, entry, output);
        const warnings = await bundle(load, join(folder, entry), file);
        problems.push(...warnings.map((warning) => `${title}: ${warning}`));
        const away = mkdtempSync(join(tmpdir(), 'pollux-bundle-'));
        try {
          const moved = join(away, output);
          cpSync(file, moved);
          const said = [run(file), run(moved)];
          cpSync(prebuilds, join(away, 'prebuilds'), { recursive: true });
          said.push(run(moved));
          const isRight = said[0] === WORKS && HELPS.test(said[1]) && said[2] === WORKS;
          if (!isRight)
            problems.push(
              `${title}: where pollux is installed, where it is not, and beside prebuilds:\n${said.join('')}`,
            );
        } finally {
          rmSync(away, { recursive: true });
        }
      }
    }
  }
  results['@vercel/nft'] = await problemsOfTraces(folder, load, run);
  return results;
}

/** What is collected has to run in another place, with every binary of the package. */
async function problemsOfTraces(folder, load, run) {
  const { nodeFileTrace } = load('@vercel/nft');
  const problems = [];
  const binaries = readdirSync(join(folder, 'node_modules/pollux/prebuilds'), { recursive: true }).filter((name) =>
    name.endsWith('.node'),
  );
  for (const entry of Object.keys(ENTRIES)) {
    const { fileList, warnings } = await nodeFileTrace([join(folder, entry)], { base: folder });
    problems.push(...[...warnings].map((warning) => `${entry}: ${warning.message}`));
    const away = mkdtempSync(join(tmpdir(), 'pollux-trace-'));
    try {
      for (const file of fileList) {
        mkdirSync(dirname(join(away, file)), { recursive: true });
        cpSync(join(folder, file), join(away, file), { dereference: true });
      }
      const count = [...fileList].filter((file) => file.endsWith('.node')).length;
      const said = run(join(away, entry));
      if (count !== binaries.length || said !== WORKS)
        problems.push(`${entry}: ${count} of ${binaries.length} binaries collected; what was collected says: ${said}`);
    } finally {
      rmSync(away, { recursive: true });
    }
  }
  return problems;
}

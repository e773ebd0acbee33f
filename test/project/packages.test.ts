import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { PAGES, textOf } from '../support/pages.js';
import { ROOT } from '../support/paths.js';
import { suite } from '../support/suite.js';
import { compiledFile, PACKAGES, select, sourceFile, testFiles } from '../support/test-files.js';

const test = suite('packages beside pollux');

type Manifest = Record<string, unknown> & { readonly name: string; readonly version: string };

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest;

test('project:packages.1 a package has the version of pollux, depends on exactly that, and runs no script when it is installed', () => {
  const { version, license, author, engines } = manifestOf('.');
  for (const name of PACKAGES) {
    const manifest = manifestOf(`packages/${name}`);
    assert.is(manifest.name, `pollux-${name}`);
    assert.equal([manifest.version, manifest['license'], manifest['author']], [version, license, author], name);
    assert.equal(manifest['engines'], engines, name);
    assert.is((manifest['dependencies'] as Record<string, string>)['pollux'], version, name);
    assert.equal(Object.keys(manifest['scripts'] as object), ['prepack'], name);
    assert.equal([manifest['gypfile'], manifest['files']], [undefined, ['dist']], name);
  }
});

test('project:packages.2 a package has its license, its page and its tests, and no native code', () => {
  for (const name of PACKAGES) {
    const folder = join(ROOT, 'packages', name);
    for (const part of ['LICENSE', 'README.md', 'test', 'dist/index.js', 'dist/index.d.ts'])
      assert.ok(existsSync(join(folder, part)), `packages/${name}/${part}`);
    const files = readdirSync(folder, { recursive: true }) as string[];
    assert.equal(
      files.filter((file) => /\.(gypi?|node|cc|h|c)$/.test(file)),
      [],
    );
  }
});

test('project:packages.3 a package uses the pollux of this repository', () => {
  for (const name of PACKAGES) {
    const inPackage = createRequire(join(ROOT, 'packages', name, 'dist/index.js'));
    assert.is(inPackage.resolve('pollux'), join(ROOT, 'dist/index.js'), name);
  }
});

test('project:packages.4 the tarball of a package has its dist, its license and its page, and no more', () => {
  for (const name of PACKAGES) {
    const args = ['pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel=error'];
    const { stdout } = spawnSync('npm', args, { cwd: join(ROOT, 'packages', name), encoding: 'utf8' });
    const [{ files }] = JSON.parse(stdout) as [{ files: ReadonlyArray<{ path: string }> }];
    const others = files.map(({ path }) => path).filter((path) => !/^dist\/[\w-]+\.(js|d\.ts)$/.test(path));
    assert.equal(others.sort(), ['LICENSE', 'README.md', 'package.json'], name);
  }
});

test('project:packages.5 the pages name the present version where they say how a package is installed', () => {
  const { version } = manifestOf('.');
  for (const name of PACKAGES) {
    const pages = [`packages/${name}/README.md`, ...PAGES];
    const named = pages.flatMap((page) => [
      ...textOf(page).matchAll(new RegExp(`npm:pollux-${name}@([\\w.-]+\\w)|"pollux-${name}": "([^"]+)"`, 'g')),
    ]);
    assert.ok(named.length > 0, name);
    for (const [text, replacing, depended] of named) assert.is(replacing ?? depended, version, text);
  }
});

test('project:packages.6 a package of another version than pollux, or without its repository, is not released', async () => {
  const script = pathToFileURL(join(ROOT, 'scripts/package/check-release.mjs')).href;
  const { objectionsToPackages } = (await import(script)) as {
    objectionsToPackages(manifests: object, manifest: object): string[];
  };
  const good = { version: '1.2.3', repository: 'github:owner/name', dependencies: { pollux: '1.2.3' } };
  const objections = (change: object): string => objectionsToPackages({ epoll: { ...good, ...change } }, good).join();
  assert.is(objections({}), '');
  assert.match(objections({ version: '1.2.2' }), /^packages\/epoll\/package\.json is not of version 1\.2\.3/);
  assert.match(objections({ dependencies: { pollux: '^1.2.3' } }), /^packages\/epoll\/package\.json is not of version/);
  assert.match(objections({ repository: undefined }), /^packages\/epoll\/package\.json has no "repository"/);
});

test('project:packages.7 the name of a package, its folder and the path of a file choose its tests', () => {
  const files = testFiles();
  const own = testFiles(['epoll']);
  assert.ok(own.includes('packages/epoll/api'), own.join());
  for (const part of ['epoll', 'packages/epoll', './packages/epoll/']) assert.equal(select(files, [part]), own, part);
  for (const part of ['packages/epoll/test/api.test.ts', 'packages/epoll/api'])
    assert.equal(select(files, [part]), ['packages/epoll/api'], part);
  for (const name of own) assert.ok(existsSync(join(ROOT, sourceFile(name))) && existsSync(compiledFile(name)), name);
});

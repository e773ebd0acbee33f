import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ROOT } from '../support/paths.js';
import { suite } from '../support/suite.js';
import { PACKAGES } from '../support/test-files.js';

const test = suite('packages beside pollux');

type Manifest = Record<string, unknown> & { readonly name: string; readonly version: string };

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest;

test('project:packages.1 a package has the version of pollux, depends on exactly that, and runs no script', () => {
  const { version, license, author, engines } = manifestOf('.');
  for (const name of PACKAGES) {
    const manifest = manifestOf(`packages/${name}`);
    assert.is(manifest.name, `pollux-${name}`);
    assert.equal([manifest.version, manifest['license'], manifest['author']], [version, license, author], name);
    assert.equal(manifest['engines'], engines, name);
    assert.is((manifest['dependencies'] as Record<string, string>)['pollux'], version, name);
    assert.equal([manifest['scripts'], manifest['gypfile'], manifest['files']], [undefined, undefined, ['dist']], name);
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

// prebuilds/manifest.json: what each released binary is, and what it was made from.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../root.mjs';
import { TARGETS } from './targets.mjs';

export const PREBUILDS = join(ROOT, 'prebuilds');
const MANIFEST = join(PREBUILDS, 'manifest.json');
const { sourceDigest } = createRequire(import.meta.url)(join(ROOT, 'native', 'source-digest.js'));

export function readManifest() {
  return existsSync(MANIFEST) ? JSON.parse(readFileSync(MANIFEST, 'utf8')) : { files: {} };
}

/** Writes the manifest again, with `entries` in place of what it said of those files. */
export function updateManifest(entries) {
  const known = { ...readManifest().files, ...entries };
  const files = Object.fromEntries(TARGETS.filter(({ file }) => file in known).map(({ file }) => [file, known[file]]));
  writeFileSync(MANIFEST, `${JSON.stringify({ files }, null, 2)}\n`);
}

/** The manifest's entry for `target`, of which `bytes` was made from the sources in `native`. */
export function entryFor(target, bytes, native) {
  return {
    sha256: sha256(bytes),
    size: bytes.length,
    target: target.target,
    compiler: compilerVersion(),
    sources: sourceDigest(target.backend, native),
  };
}

/** Why `target`'s binary in prebuilds is not what the manifest and the sources in `native` say; undefined: it is. */
export function complaintAbout(target, native = join(ROOT, 'native')) {
  const entry = readManifest().files[target.file];
  if (entry === undefined) return 'not in prebuilds/manifest.json';
  const file = join(PREBUILDS, target.file);
  if (!existsSync(file)) return 'no such file in prebuilds';
  if (sha256(readFileSync(file)) !== entry.sha256) return 'not the file that prebuilds/manifest.json lists';
  if (sourceDigest(target.backend, native) !== entry.sources) return 'made from other sources: run npm run prebuild';
  if (compilerVersion() !== entry.compiler) return `made by ${entry.compiler}, not by ${compilerVersion()}`;
  return undefined;
}

function compilerVersion() {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'tools/cross-compiler/package.json'), 'utf8'));
  return Object.entries(dependencies)
    .map(([name, version]) => `${name}@${version}`)
    .join();
}

export function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

// npm run release:check, and npm publish in a checkout: says why this version cannot be released, and ends with
// status 1.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../root.mjs';

/** Why the packages of packages/, by their folders, cannot be released beside pollux in this version. */
export function objectionsToPackages(manifests, { repository, version }) {
  return Object.entries(manifests).flatMap(([folder, manifest]) => [
    ...(manifest.version === version && manifest.dependencies.pollux === version
      ? []
      : [`packages/${folder}/package.json is not of version ${version}, or does not depend on that of pollux`]),
    ...(manifest.repository === undefined && repository !== undefined
      ? [`packages/${folder}/package.json has no "repository"`]
      : []),
  ]);
}

/** Why the package that `manifest`, its package.json, describes cannot be released: a list, empty when it can. */
export function objectionsTo({ repository, version }, changes) {
  const objections = [];
  if (repository === undefined)
    objections.push(
      'package.json has no "repository": the owner has to name it. The registry refuses provenance without it, and the ' +
        'links of the README that are marked ° lead nowhere',
    );
  if (!new RegExp(`^## ${version.replaceAll('.', '\\.')}(?! \\(unreleased\\))`, 'm').test(changes))
    objections.push(`CHANGELOG.md has no section for ${version}, or calls it unreleased`);
  return objections;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const read = (name) => readFileSync(join(ROOT, name), 'utf8');
  const manifest = JSON.parse(read('package.json'));
  const packages = readdirSync(join(ROOT, 'packages')).map((name) => [
    name,
    JSON.parse(read(join('packages', name, 'package.json'))),
  ]);
  const objections = [
    ...objectionsTo(manifest, read('CHANGELOG.md')),
    ...objectionsToPackages(Object.fromEntries(packages), manifest),
  ];
  for (const objection of objections) {
    console.error(`release: ${objection}`);
    process.exitCode = 1;
  }
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { ROOT } from '../support/paths.js';

const test = suite('platforms');

interface Record {
  readonly rows: ReadonlyArray<{ readonly file: string }>;
}

const load = (path: string): Promise<unknown> => import(pathToFileURL(join(ROOT, 'scripts', path)).href);

test('project:platforms.1 docs/results/platforms.md is what the recorded runs make, and mentions every binary', async () => {
  const record = JSON.parse(readFileSync(join(ROOT, 'docs/results/runs/platforms.json'), 'utf8')) as Record;
  const { platformsPage } = (await load('pages/platforms.mjs')) as { platformsPage(record: Record): string };
  assert.is(readFileSync(join(ROOT, 'docs/results/platforms.md'), 'utf8'), platformsPage(record));
  const { TARGETS } = (await load('prebuild/targets.mjs')) as { TARGETS: ReadonlyArray<{ readonly file: string }> };
  assert.equal(
    [...new Set(record.rows.map(({ file }) => file))],
    TARGETS.map(({ file }) => file),
  );
});

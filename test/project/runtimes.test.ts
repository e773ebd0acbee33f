import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { ROOT } from '../support/paths.js';

const test = suite('docs/results/runtimes.md');

interface Row {
  id: string;
  version: string;
  passed: number;
  failed: number;
  conformance: { failed: number };
}
interface RuntimesDocument {
  DOCUMENT: string;
  readRecord(): Row[];
  render(rows: readonly Row[]): string;
}

const load = (): Promise<RuntimesDocument> => import(pathToFileURL(join(ROOT, 'scripts/pages/runtimes.mjs')).href);

test('project:runtimes.1 docs/results/runtimes.md says what the recorded run found', async () => {
  const { DOCUMENT, readRecord, render } = await load();
  assert.is(readFileSync(DOCUMENT, 'utf8'), render(readRecord()));
});

test('project:runtimes.2 the record has each runtime that tools/runtimes pins, in its version, and nothing failed', async () => {
  const { readRecord } = await load();
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'tools/runtimes/package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const pinned = Object.entries(dependencies).map(([id, source]) => [
    id,
    source.slice(source.lastIndexOf('@') + 1),
    0,
    0,
  ]);
  assert.equal(
    readRecord().map(({ id, version, failed, conformance }) => [id, version, failed, conformance.failed]),
    pinned,
  );
  for (const { id, passed } of readRecord()) assert.ok(passed > 1000, id);
});

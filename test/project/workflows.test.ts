import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parseDocument } from 'yaml';
import { suite } from '../support/suite.js';
import { ROOT } from '../support/paths.js';

const test = suite('workflows');
const FOLDER = join(ROOT, '.github', 'workflows');

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: { readonly run?: string };
}
interface Job {
  readonly needs?: string | string[];
  readonly 'runs-on'?: string;
  readonly uses?: string;
  readonly steps?: Step[];
}

function jobsOf(file: string): Record<string, Job> {
  const document = parseDocument(readFileSync(join(FOLDER, file), 'utf8'), { strict: true, uniqueKeys: true });
  assert.equal(
    [...document.errors, ...document.warnings].map(({ message }) => message),
    [],
    file,
  );
  return (document.toJS() as { jobs: Record<string, Job> }).jobs;
}

test('project:workflows.1 the workflows are valid YAML, each job needs only jobs that exist, and actions are pinned', () => {
  const files = readdirSync(FOLDER).sort();
  assert.equal(files, ['publish.yml', 'test.yml']);
  for (const file of files) {
    const jobs = jobsOf(file);
    for (const [name, job] of Object.entries(jobs)) {
      for (const needed of [job.needs ?? []].flat()) assert.ok(needed in jobs, `${file}: ${name} needs ${needed}`);
      assert.ok(job.uses !== undefined || (job['runs-on'] !== undefined && job.steps!.length > 0), `${file}: ${name}`);
      for (const { uses } of job.steps ?? [])
        assert.ok(uses === undefined || /@(v\d+|[0-9a-f]{40})$/.test(uses), `${file}: ${uses}`);
    }
  }
});

test('project:workflows.2 the npm scripts that the workflows run exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const steps = readdirSync(FOLDER).flatMap((file) => Object.values(jobsOf(file)).flatMap((job) => job.steps ?? []));
  const named = steps
    .flatMap(({ run, with: settings }) => [...`${run ?? ''}\n${settings?.run ?? ''}`.matchAll(/npm run (\S+)/g)])
    .map(([, name]) => name!);
  assert.equal([...new Set(named)].sort(), ['prebuild:verify', 'test:package', 'test:runtimes']);
  for (const name of named) assert.ok(name in scripts, name);
});

test('project:workflows.3 only a package that was packed after the tests and tried out is published', () => {
  const jobs = jobsOf('publish.yml');
  assert.equal([jobs['pack']?.needs, jobs['try']?.needs, jobs['publish']?.needs], ['test', 'pack', ['pack', 'try']]);
  assert.equal(
    jobs['publish']!.steps!.filter(({ run }) => run !== undefined).map(({ run }) => run),
    ['npm publish --provenance --access public ./pollux-*.tgz'],
  );
});

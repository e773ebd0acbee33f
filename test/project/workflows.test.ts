import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
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
interface Workflow {
  readonly jobs: Record<string, Job>;
  readonly concurrency?: { readonly group?: string };
}
interface Job {
  readonly 'timeout-minutes'?: number;
  readonly strategy?: { readonly matrix: Record<string, readonly unknown[]> };
  readonly needs?: string | string[];
  readonly 'runs-on'?: string;
  readonly uses?: string;
  readonly steps?: Step[];
}

function read(file: string): Workflow {
  const document = parseDocument(readFileSync(join(FOLDER, file), 'utf8'), { strict: true, uniqueKeys: true });
  assert.equal(
    [...document.errors, ...document.warnings].map(({ message }) => message),
    [],
    file,
  );
  return document.toJS() as Workflow;
}

const jobsOf = (file: string): Record<string, Job> => read(file).jobs;

test('project:workflows.1 the workflows are valid YAML, each job needs only jobs that exist, and actions are pinned', () => {
  const files = readdirSync(FOLDER).sort();
  assert.equal(files, ['publish.yml', 'test.yml']);
  for (const file of files) {
    const jobs = jobsOf(file);
    for (const [name, job] of Object.entries(jobs)) {
      for (const needed of [job.needs ?? []].flat()) assert.ok(needed in jobs, `${file}: ${name} needs ${needed}`);
      assert.ok(job.uses !== undefined || (job['runs-on'] !== undefined && job.steps!.length > 0), `${file}: ${name}`);
      for (const { uses } of job.steps ?? [])
        assert.ok(uses === undefined || /@[0-9a-f]{40}$|^vmactions\/[a-z]+-vm@v\d+$/.test(uses), `${file}: ${uses}`);
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
  assert.equal([...new Set(named)].sort(), [
    'lint',
    'prebuild:verify',
    'release:check',
    'test:package',
    'test:runtimes',
  ]);
  for (const name of named) assert.ok(name in scripts, name);
});

test('project:workflows.3 only a package that was packed after the tests and tried out is published', () => {
  const jobs = jobsOf('publish.yml');
  assert.equal([jobs['pack']?.needs, jobs['try']?.needs, jobs['publish']?.needs], ['test', 'pack', ['pack', 'try']]);
  assert.equal(
    jobs['publish']!.steps!.filter(({ run }) => run !== undefined).map(({ run }) => run),
    ['for file in ./pollux-[0-9]*.tgz ./pollux-[a-z]*.tgz; do npm publish --provenance --access public "$file"; done'],
  );
});

test('project:workflows.4 every job has a time limit, and every workflow says whether a newer run cancels an older one', () => {
  for (const file of readdirSync(FOLDER)) {
    const { jobs, concurrency } = read(file);
    assert.ok(concurrency?.group, file);
    // A job that calls a workflow has the limits of the jobs there.
    const unlimited = Object.entries(jobs).filter(([, job]) => job.uses === undefined && !job['timeout-minutes']);
    assert.equal(
      unlimited.map(([name]) => name),
      [],
      file,
    );
  }
});

test('project:workflows.5 the form is checked, and the oldest Node of package.json runs the tests and tries the tarball', () => {
  const { lint, runtimes } = jobsOf('test.yml');
  assert.ok(lint?.steps?.some(({ run }) => run === 'npm run lint'));
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { engines: { node: string } };
  const oldest = Number(/\d+/.exec(engines.node)![0]);
  assert.ok(runtimes?.strategy?.matrix['runtime']?.includes(`node-${oldest}`));
  assert.ok(jobsOf('publish.yml')['try']?.strategy?.matrix['node']?.includes(oldest));
});

test('project:workflows.6 a release without a repository in package.json, or with a version that CHANGELOG.md calls unreleased, stops and says why', async () => {
  const script = pathToFileURL(join(ROOT, 'scripts/package/check-release.mjs')).href;
  const { objectionsTo } = (await import(script)) as { objectionsTo(manifest: object, changes: string): string[] };
  const manifest = { version: '1.2.3', repository: 'github:owner/name' };
  assert.equal(objectionsTo(manifest, '# Changes\n\n## 1.2.3 (2030-01-31)\n'), []);
  assert.match(
    objectionsTo({ version: '1.2.3' }, '## 1.2.3 (2030-01-31)').join(),
    /^package\.json has no "repository"/,
  );
  assert.match(objectionsTo(manifest, '## 1.2.3 (unreleased)').join(), /^CHANGELOG\.md /);
  const steps = jobsOf('publish.yml')['pack']!.steps!.flatMap(({ run }) => run ?? []);
  assert.is(steps[0], 'npm run release:check');
});

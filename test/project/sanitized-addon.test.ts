import * as assert from 'uvu/assert';
import { buildSanitizedAddon, objection, runSanitized } from '../support/sanitizer.js';
import { compiledFile, filesToSanitize } from '../support/test-files.js';
import { suite } from '../support/suite.js';
import { programFile } from '../support/paths.js';

const test = suite('the addon under sanitizers');

const reason = objection();
const register = reason === undefined ? test : (title: string) => test.gate(title, reason);

let addon = '';

register('project:sanitized.1 the addon builds with AddressSanitizer and UndefinedBehaviorSanitizer', () => {
  addon = buildSanitizedAddon();
  const { output, complaints } = runSanitized(addon, programFile('which-addon'), true);
  assert.equal([output, complaints], [`${addon}\nwith libasan\n`, []]);
});

for (const file of filesToSanitize('epoll')) {
  register(`project:sanitized.2 ${file} passes, and the sanitizers find nothing`, () => {
    const { status, signal, output, report, complaints } = runSanitized(
      addon,
      compiledFile(file),
      !file.includes('lifecycle'),
    );
    assert.equal(complaints, [], complaints.join('\n'));
    assert.equal([status, signal, report?.failed, report?.passed], [0, null, [], report?.registered], output);
    assert.ok(report!.passed > 0, output);
  });
}

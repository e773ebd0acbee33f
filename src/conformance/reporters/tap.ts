import type { Output, Reporter } from './reporter.js';

/** TAP 14: https://testanything.org/tap-version-14-specification.html */
export function tapReporter(output: Output): Reporter {
  let number = 0;
  const line = (text: string): void => void output.write(`${text}\n`);
  return {
    start({ backend, runtime, system, total }) {
      line('TAP version 14');
      line(`# ${backend}, ${runtime}, ${system}`);
      line(`1..${total}`);
    },
    result({ id, title, outcome, reason, promise, ms }) {
      const skip = outcome === 'gated' ? ` # SKIP ${escape(reason ?? '')}` : '';
      line(`${outcome === 'failed' ? 'not ok' : 'ok'} ${++number} - ${escape(`${id} ${title}`)}${skip}`);
      if (outcome === 'gated') return;
      line('  ---');
      if (outcome === 'failed') {
        line(`  promise: ${JSON.stringify(promise)}`);
        line('  reason: |-');
        for (const part of (reason ?? '').split('\n')) line(`    ${part}`);
      }
      line(`  duration_ms: ${ms.toFixed(1)}`);
      line('  ...');
    },
    end({ passed, failed, gated, total, results }) {
      if (results.length < total) line(`Bail out! ${total - results.length} clauses were not run`);
      line(`# ${passed} passed, ${failed} failed, ${gated} gated`);
    },
  };
}

function escape(text: string): string {
  return text.replace(/[\\#]/g, '\\$&').replace(/\s+/g, ' ');
}

// The package as npm publishes it.
import { ROOT } from '../root.mjs';
import { execute } from '../set-up/execute.mjs';
import { setUp } from '../set-up/set-up.mjs';

/** Packs the package in `source` into `folder`. Returns what npm says of it: filename, size, files … */
export function packInto(folder, source = ROOT) {
  setUp(['dependencies', 'dist']);
  const [packed] = JSON.parse(
    execute('npm', ['pack', '--json', '--ignore-scripts', '--loglevel=error', `--pack-destination=${folder}`], {
      cwd: source,
    }),
  );
  return packed;
}

// Runs all clauses, each with that limit, and prints the report as JSON: `conformance-run.js TIMEOUT_MS`.
import { runConformance } from 'pollux/conformance';

void runConformance({ module: require.resolve('pollux'), timeoutMs: Number(process.argv[2]) }).then((report) => {
  console.log(JSON.stringify(report));
});

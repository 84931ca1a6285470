import { appendFileSync } from 'node:fs';

/** Appends `PASSED FAILED SKIPPED` to the file that TEST_COUNTS names, for sums over several packages. */
export default class CountReporter {
  onRunComplete(_contexts, results) {
    const { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites } = results;
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    if (process.env.TEST_COUNTS)
      appendFileSync(process.env.TEST_COUNTS, `${numPassedTests} ${failed} ${numPendingTests}\n`);
  }
}

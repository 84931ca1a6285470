import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { report } from './report.ts';
import type { Results } from './results.ts';
import { resultsCsv } from './results-csv.ts';
import { resultsJson } from './results-json.ts';

/**
 * Writes `report.html`, `results.json` and `results.csv` into a folder, which it makes.
 *
 * Each is written under a temporary name and renamed, so a reader finds the old file or the new one, whole.
 */
export async function writeResults(folder: string, results: Results): Promise<void> {
  await mkdir(folder, { recursive: true });
  await replace(join(folder, 'results.json'), resultsJson(results));
  await replace(join(folder, 'results.csv'), resultsCsv(results));
  await replace(join(folder, 'report.html'), report(results));
}

async function replace(path: string, content: string): Promise<void> {
  // One name for all processes: what a killed one left is written over by the next.
  const temporary = `${path}.tmp`;
  try {
    await writeFile(temporary, content, { flush: true });
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Results } from './results.ts';
import { completeSettings } from './settings.ts';

/**
 * Reads the `results.json` of a folder, to go on with the study.
 *
 * Throws where there is none, and where it is not that of a study.
 */
export async function readResults(folder: string): Promise<Results> {
  const path = join(folder, 'results.json');
  const text = await readFile(path, 'utf8');
  try {
    const results = JSON.parse(text, revive) as Results;
    const schema: string = results.schema;
    if (schema !== 'tfloop-study/1')
      throw new Error(
        `its schema is ${JSON.stringify(schema)}, this version reads "tfloop-study/1"`,
      );
    if (!Array.isArray(results.runs)) throw new Error('it has no list of runs');
    completeSettings(results.settings);
    return results;
  } catch (error) {
    throw new Error(`${path} is not the results of a study: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Figures that are no numbers were written as null; summary and comparisons follow from the rest. */
function revive(key: string, value: unknown): unknown {
  if (key === 'summary' || key === 'comparisons') return undefined;
  return value === null ? NaN : value;
}

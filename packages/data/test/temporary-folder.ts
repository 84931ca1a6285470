import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs a function with a new folder that is gone afterwards. */
export async function temporaryFolder<T>(use: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'tfloop-data-'));
  try {
    return await use(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';

/** Tells each test of a file of an empty folder, and removes it after the test. */
export function temporaryFolder(tell: (folder: string) => void): void {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tfloop-'));
    tell(folder);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
}

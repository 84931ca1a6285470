import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readmeExample } from '@tfloop/tools/readme-example';
import { RUN_OPTION_NAMES } from '../src/settings.ts';
import { rowsOf, totalOf } from './read-run.ts';

test('the example logs its rows', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'tfloop-readme-'));
  const before = { ...process.env };
  Object.assign(process.env, { WANDB_DIR: dir, WANDB_MODE: 'offline', WANDB_SILENT: 'true' });
  try {
    await readmeExample(join(import.meta.dirname, '..'));
    const [name = ''] = readdirSync(join(dir, 'wandb'));
    const folder = join(dir, 'wandb', name);
    expect(rowsOf(folder)).toHaveLength(27);
    expect(totalOf(folder, 'config')).toMatchObject({ dataset: 'a line', epochs: 3 });
  } finally {
    process.env = before;
    rmSync(dir, { recursive: true, force: true });
  }
});

test('the table has every option', () => {
  const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');
  const rows = [...readme.matchAll(/^\| `(\w+)` /gm)].map(([, name]) => name);
  expect(rows).toEqual(expect.arrayContaining([...RUN_OPTION_NAMES]));
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { outFiles } from '../bench/out-files.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bench-out-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('outFiles', () => {
  it('makes the folders that are missing and no file', async () => {
    const out = join(folder, 'a', 'b', 'figures.json');
    expect(await outFiles(out)).toEqual({
      figures: out,
      chart: join(folder, 'a', 'b', 'figures.svg'),
    });
    expect(await readdir(folder, { recursive: true })).toEqual(['a', join('a', 'b')]);
  });

  it('leaves a file that is there as it is', async () => {
    const out = join(folder, 'figures.json');
    await writeFile(out, 'earlier');
    await outFiles(out);
    expect(await readFile(out, 'utf8')).toBe('earlier');
    expect(await readdir(folder)).toEqual(['figures.json']);
  });

  it('refuses a folder, what is below a file, and the name of the chart', async () => {
    const rule = '--out must be a file that can be written, got ';
    await expect(outFiles(folder)).rejects.toThrow(`${rule}${folder} (EISDIR`);
    await writeFile(join(folder, 'file'), '');
    const below = join(folder, 'file', 'a', 'figures.json');
    await expect(outFiles(below)).rejects.toThrow(`${rule}${below} (`);
    await expect(outFiles(join(folder, 'a.svg'))).rejects.toThrow('--out must not end in .svg');
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('takes the folders away that it made where the file can not be written', async () => {
    const out = join(folder, 'new', `${'x'.repeat(300)}.json`);
    await expect(outFiles(out)).rejects.toThrow('ENAMETOOLONG');
    expect(await readdir(folder)).toEqual([]);
  });

  const onLinux = platform() === 'linux' ? it : it.skip;
  onLinux('ends where the kernel makes no folders', async () => {
    await expect(outFiles('/proc/nope/a/bench.json')).rejects.toThrow(
      'got /proc/nope/a/bench.json (ENOENT',
    );
  });
});

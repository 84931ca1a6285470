import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { channelStatistics } from '@tfloop/data';
import { fashionMnist } from '@tfloop/data/node';
import { tinyFiles, writeFiles } from './idx-files.ts';
import { closedPort, loopback } from './loopback.ts';
import { counts } from './sets.ts';
import { temporaryFolder } from './temporary-folder.ts';

const debian = '/usr/share/datasets/fashion-mnist';
const installed = existsSync(debian);

describe('fashionMnist in a folder', () => {
  it.each([true, false])('reads the four files, packed: %s', async (packed) =>
    temporaryFolder(async (dir) => {
      await writeFiles(dir, tinyFiles(), packed);
      const set = await fashionMnist({ dir });
      expect(set.name).toBe('fashion-mnist');
      expect(set.classes).toHaveLength(10);
      expect(set.classes[9]).toBe('Ankle boot');
      expect(set.shape).toEqual([28, 28, 1]);
      expect(set.train.images.shape).toEqual([20, 28, 28, 1]);
      expect(set.test.images.shape).toEqual([10, 28, 28, 1]);
      // Image i is filled with the byte i, and has the label i % 10.
      expect(set.train.images.values[19 * 784]).toBe(19);
      expect(set.train.images.values).toHaveLength(20 * 784);
      expect(set.train.labels[19]).toBe(9);
      expect(counts(set.test.labels, 10)).toEqual(Array(10).fill(1));
    }),
  );

  it('names the files that are missing, says how to get them, and looks nowhere else', async () =>
    temporaryFolder(async (dir) => {
      await writeFiles(dir, tinyFiles());
      await rm(join(dir, 't10k-labels-idx1-ubyte.gz'));
      await expect(fashionMnist({ dir })).rejects.toThrow(
        `fashionMnist: ${dir} has no t10k-labels-idx1-ubyte (packed as .gz or not); install the Debian ` +
          'package dataset-fashion-mnist or give the folder that has the files as dir, or allow the ' +
          'download with download: true',
      );
    }));

  it('names a damaged file', async () =>
    temporaryFolder(async (dir) => {
      const files = tinyFiles();
      await writeFiles(dir, files);
      const path = join(dir, 'train-labels-idx1-ubyte.gz');
      const labels = files['train-labels-idx1-ubyte']!;

      await writeFile(path, gzipSync(labels.subarray(0, 20)));
      await expect(fashionMnist({ dir })).rejects.toThrow(
        `fashionMnist: ${path} is truncated: [20] takes 28 bytes, got 20`,
      );
      await writeFile(path, gzipSync(files['t10k-images-idx3-ubyte']!));
      await expect(fashionMnist({ dir })).rejects.toThrow(
        `fashionMnist: ${path} is not an IDX file of bytes in 1 dimensions: its magic number is 0x00000803`,
      );
      await writeFile(path, labels);
      await expect(fashionMnist({ dir })).rejects.toThrow(`fashionMnist: can't unpack ${path}`);
      await writeFile(path, gzipSync(labels).subarray(0, 30));
      await expect(fashionMnist({ dir })).rejects.toThrow(`fashionMnist: can't unpack ${path}`);
    }));

  it('refuses misspelt options', async () => {
    const misspelt = { folder: '.' } as object;
    await expect(fashionMnist(misspelt)).rejects.toThrow(
      'fashionMnist: there is no option "folder"; the options are dir, download, baseUrl',
    );
  });
});

describe('fashionMnist by download', () => {
  it('asks for nothing where the files are there', async () =>
    temporaryFolder(async (dir) => {
      await writeFiles(dir, tinyFiles());
      const set = await fashionMnist({ dir, download: true, baseUrl: await closedPort() });
      expect(set.train.labels).toHaveLength(20);
    }));

  it('refuses other content than the publisher has, and keeps none of it', async () =>
    temporaryFolder(async (dir) =>
      loopback(
        (_request, response) => response.end(gzipSync(tinyFiles()['train-images-idx3-ubyte']!)),
        async (baseUrl) => {
          const got = createHash('sha256')
            .update(tinyFiles()['train-images-idx3-ubyte']!)
            .digest('hex');
          await expect(fashionMnist({ dir, download: true, baseUrl })).rejects.toThrow(
            `train-images-idx3-ubyte from ${baseUrl}/train-images-idx3-ubyte.gz has the wrong SHA-256: ` +
              `expected c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888, got ${got}`,
          );
          expect(await readdir(dir)).toEqual([]);
        },
      ),
    ));

  it('says how to get the data without a network', async () =>
    temporaryFolder(async (dir) => {
      const baseUrl = await closedPort();
      await expect(fashionMnist({ dir, download: true, baseUrl })).rejects.toThrow(
        /^fashionMnist: download: can't get .*ECONNREFUSED.*; to go without it, install the Debian package/,
      );
    }));
});

// The whole set is read where the Debian package is installed; all else above needs no package.
if (installed)
  describe('fashionMnist of the Debian package', () => {
    it('is found without options, whole', async () => {
      const set = await fashionMnist();
      expect(set.train.images.shape).toEqual([60000, 28, 28, 1]);
      expect(set.test.images.shape).toEqual([10000, 28, 28, 1]);
      expect(counts(set.train.labels, 10)).toEqual(Array(10).fill(6000));
      expect(counts(set.test.labels, 10)).toEqual(Array(10).fill(1000));
      // The mean and deviation that others normalize with: 0.2860 and 0.3530 of 255.
      const { mean, std } = channelStatistics(set.train.images);
      expect(mean[0]! / 255).toBeCloseTo(0.286, 4);
      expect(std[0]! / 255).toBeCloseTo(0.353, 4);
    });

    it('has the content that a download must have, and is downloaded once', async () =>
      temporaryFolder(async (dir) => {
        const asked: (string | undefined)[] = [];
        const set = await loopback(
          (request, response) => {
            asked.push(request.url);
            response.end(readFileSync(join(debian, basename(request.url ?? ''))));
          },
          async (url) => fashionMnist({ dir, download: true, baseUrl: `${url}/mirror` }),
        );
        expect(asked).toEqual([
          '/mirror/train-images-idx3-ubyte.gz',
          '/mirror/train-labels-idx1-ubyte.gz',
          '/mirror/t10k-images-idx3-ubyte.gz',
          '/mirror/t10k-labels-idx1-ubyte.gz',
        ]);
        expect(await readdir(dir)).toEqual([
          't10k-images-idx3-ubyte',
          't10k-labels-idx1-ubyte',
          'train-images-idx3-ubyte',
          'train-labels-idx1-ubyte',
        ]);
        const again = await fashionMnist({ dir, download: true, baseUrl: await closedPort() });
        expect(again.test.labels).toEqual(set.test.labels);
        expect(again.train.images.values).toHaveLength(60000 * 784);
      }));
  });

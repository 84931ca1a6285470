import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { check } from '@tfloop/core';
import { imageDatasetOf } from '../image-dataset-of.ts';
import type { ImageDataset } from '../image-dataset.ts';
import { parseIdx, type IdxArray } from '../parse-idx.ts';
import { download } from './download.ts';
import { UnavailableDataError } from './unavailable-data-error.ts';

/** Options of {@link fashionMnist}. */
export interface FashionMnistOptions {
  /** Folder of the four IDX files, packed (`.gz`) or not; no other is tried. @default the first that has them */
  readonly dir?: string;
  /** Whether missing files may be downloaded, 31 MB in all; 55 MB are kept. @default false */
  readonly download?: boolean;
  /** Where the packed files are downloaded from. @default the publisher's server */
  readonly baseUrl?: string;
}

/**
 * SHA-256 of each file's content, unpacked: mirrors pack the same content differently. The content was checked
 * against the MD5 sums that the publisher gives for the packed files.
 */
const checksums = {
  'train-images-idx3-ubyte': 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
  'train-labels-idx1-ubyte': 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
  't10k-images-idx3-ubyte': '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
  't10k-labels-idx1-ubyte': '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
};

type FileName = keyof typeof checksums;

const debianDir = '/usr/share/datasets/fashion-mnist';
const publisher = 'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/';
const offline =
  'install the Debian package dataset-fashion-mnist or give the folder that has the files as dir';

/**
 * Fashion-MNIST: 60,000 training and 10,000 test images of clothes, `[28, 28, 1]` bytes, in 10 classes.
 *
 * Without `dir` the files are taken from the folder of the Debian package `dataset-fashion-mnist`, or else
 * from `tfloop/fashion-mnist` in the user's cache folder (`XDG_CACHE_HOME`). Where they are in neither, or not
 * in `dir`, `download` lets them be fetched into that cache folder, or into `dir`. Throws an UnavailableDataError
 * where files are missing or a download fails or has the wrong checksum, and says how to get them; an Error where
 * files are damaged. H. Xiao, K. Rasul, R. Vollgraf, arXiv:1708.07747.
 */
export async function fashionMnist(options: FashionMnistOptions = {}): Promise<ImageDataset> {
  const { dir, download: allowed = false, baseUrl = publisher } = options;
  check.known('fashionMnist', options, ['dir', 'download', 'baseUrl']);
  check.oneOf('fashionMnist', 'download', allowed, [true, false]);
  const folder = dir ?? (missingFrom(debianDir).length === 0 ? debianDir : cacheDir());
  if (allowed) await fill(folder, baseUrl);
  const missing = missingFrom(folder);
  if (missing.length > 0)
    throw new UnavailableDataError(
      `fashionMnist: ${folder} has no ${missing.join(', ')} (packed as .gz or not)`,
      `${offline}, or allow the download with download: true`,
    );
  const read = (name: FileName, rank: number) => readIdx(folder, name, rank);
  return imageDatasetOf({
    name: 'fashion-mnist',
    classes: [
      'T-shirt/top',
      'Trouser',
      'Pullover',
      'Dress',
      'Coat',
      'Sandal',
      'Shirt',
      'Sneaker',
      'Bag',
      'Ankle boot',
    ],
    train: {
      images: await read('train-images-idx3-ubyte', 3),
      labels: await read('train-labels-idx1-ubyte', 1),
    },
    test: {
      images: await read('t10k-images-idx3-ubyte', 3),
      labels: await read('t10k-labels-idx1-ubyte', 1),
    },
  });
}

async function fill(folder: string, baseUrl: string): Promise<void> {
  const base = baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`;
  for (const name of missingFrom(folder))
    try {
      await download({
        url: new URL(`${name}.gz`, base).href,
        to: join(folder, name),
        sha256: checksums[name],
        unpack: true,
      });
    } catch (error) {
      const { message } = error as Error;
      throw new UnavailableDataError(`fashionMnist: ${message}`, `to go without it, ${offline}`, {
        cause: error,
      });
    }
}

async function readIdx(folder: string, name: FileName, rank: number): Promise<IdxArray> {
  const path = pathIn(folder, name) ?? join(folder, name);
  let bytes: Uint8Array = await readFile(path);
  if (path.endsWith('.gz'))
    try {
      bytes = await promisify(gunzip)(bytes);
    } catch (error) {
      throw new Error(`fashionMnist: can't unpack ${path}: ${String(error)}`, { cause: error });
    }
  // A Buffer's subarray is a Buffer again, which prints and compares unlike a plain array.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return parseIdx(plain, { rank, name: `fashionMnist: ${path}` });
}

function missingFrom(folder: string): FileName[] {
  return (Object.keys(checksums) as FileName[]).filter((name) => !pathIn(folder, name));
}

function pathIn(folder: string, name: FileName): string | undefined {
  return [join(folder, name), join(folder, `${name}.gz`)].find((path) => existsSync(path));
}

/** By the XDG base directory specification, which has relative paths ignored. */
function cacheDir(): string {
  const named = process.env['XDG_CACHE_HOME'] ?? '';
  const cache = isAbsolute(named) ? named : join(homedir(), '.cache');
  return join(cache, 'tfloop', 'fashion-mnist');
}

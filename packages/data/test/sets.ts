import type { ImageDataset, Images } from '@tfloop/data';

/** Images of one row of pixels. */
export function images(rows: readonly (readonly number[])[], channels = 1): Images {
  const width = rows[0]!.length / channels;
  return { values: Uint8Array.from(rows.flat()), shape: [rows.length, 1, width, channels] };
}

/** A data set whose training images are the single pixels 0, 1, 2 …, so that a pixel tells its row. */
export function numbered(labels: readonly number[], classes = 3): ImageDataset {
  const part = (values: readonly number[]) => ({
    images: images(values.map((_, row) => [row])),
    labels: Uint8Array.from(values),
  });
  return {
    name: 'numbered',
    classes: Array.from({ length: classes }, (_, i) => `class ${i}`),
    shape: [1, 1, 1],
    train: part(labels),
    test: part([0, 1]),
  };
}

/** How often each label occurs. */
export function counts(labels: Uint8Array, classes: number): number[] {
  const result = Array<number>(classes).fill(0);
  for (const label of labels) result[label]! += 1;
  return result;
}

import * as tf from '@tensorflow/tfjs';
import { check, tensorsOf, type Batch, type Tensors } from '@tfloop/core';
import { shareLeft, type Rectangle } from './cut-rectangle.ts';
import { mixedBatch, type LabelMixing, type MixedBatch } from './mixed-batch.ts';

/** How {@link cutmixBatch} mixes. */
export interface CutmixBatchOptions {
  /** What is cut out of every image, in pixels and within the image. */
  readonly rectangle: Rectangle;
  /** Index of each example's partner in the batch, `[n]`. */
  readonly partners: ArrayLike<number>;
  /** @default 'auto' */
  readonly labels?: LabelMixing;
}

/**
 * Replaces a rectangle of every image `[n, height, width, channels]` by that of its partner; λ is the share of
 * the image that is left.
 *
 * Images of any dtype, one or several of equal size. Returns new tensors, which the caller owns; those of the
 * batch are neither changed nor disposed of. Yun et al., "CutMix", arXiv 1905.04899.
 */
export function cutmixBatch(
  batch: Batch,
  { rectangle, partners, labels = 'auto', ...unknown }: CutmixBatchOptions,
): MixedBatch {
  check.known('cutmixBatch', unknown, ['rectangle', 'partners', 'labels']);
  const [height, width] = imageSize(batch.x);
  const { top, left, bottom, right } = rectangle;
  if (!(
    0 <= top &&
    top <= bottom &&
    bottom <= height &&
    0 <= left &&
    left <= right &&
    right <= width
  ))
    throw new RangeError(
      `cutmixBatch: rectangle must be within ${height} x ${width} pixels, got ${JSON.stringify(rectangle)}`,
    );
  const lambda = new Float32Array(partners.length).fill(shareLeft(rectangle, height, width));
  const inside = Uint8Array.from({ length: height * width }, (_, pixel) => {
    const [y, x] = [Math.floor(pixel / width), pixel % width];
    return Number(y >= top && y < bottom && x >= left && x < right);
  });
  return mixedBatch('cutmixBatch', batch, { lambda, partners, labels }, (input, partner) =>
    tf.where(tf.tensor3d(inside, [height, width, 1], 'bool'), partner, input),
  );
}

/** Height and width of a batch of images. Throws where it is anything else, or images of several sizes. */
export function imageSize(x: Tensors): [height: number, width: number] {
  const inputs = tensorsOf(x);
  const sizes = inputs.map(({ shape: [, height = 0, width = 0] }) => [height, width] as const);
  const [height, width] = sizes[0] ?? [0, 0];
  if (inputs.some(({ rank }) => rank !== 4) || sizes.some(([h, w]) => h !== height || w !== width))
    throw new Error(
      `cutmixBatch: x must be images [n, height, width, channels] of one size, got ${inputs
        .map(({ shape }) => `[${shape.join(', ')}]`)
        .join(', ')}`,
    );
  return [height, width];
}

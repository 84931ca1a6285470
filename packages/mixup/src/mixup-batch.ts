import { check, mix, type Batch } from '@tfloop/core';
import { mixedBatch, type LabelMixing, type MixedBatch } from './mixed-batch.ts';

/** How {@link mixupBatch} mixes. */
export interface MixupBatchOptions {
  /** Share of each example itself, the rest is its partner's: one number in [0, 1], or one for each example. */
  readonly lambda: number | ArrayLike<number>;
  /** Index of each example's partner in the batch, `[n]`. */
  readonly partners: ArrayLike<number>;
  /** @default 'auto' */
  readonly labels?: LabelMixing;
}

/**
 * Mixes every example of a batch with its partner: λ·x + (1 − λ)·x of the partner.
 *
 * Inputs `[n, ...]` are float32, one or several, all mixed alike. Returns new tensors, which the caller owns;
 * those of the batch are neither changed nor disposed of. Zhang et al., "mixup: Beyond empirical risk
 * minimization", arXiv 1710.09412.
 */
export function mixupBatch(
  batch: Batch,
  { lambda: share, partners, labels = 'auto', ...unknown }: MixupBatchOptions,
): MixedBatch {
  check.known('mixupBatch', unknown, ['lambda', 'partners', 'labels']);
  const lambda = typeof share === 'number' ? new Float32Array(partners.length).fill(share) : share;
  if (lambda.length !== partners.length)
    throw new RangeError(
      `mixupBatch: lambda must have one number for each of ${partners.length} partners, got ${lambda.length}`,
    );
  for (let i = 0; i < lambda.length; i++)
    check.number('mixupBatch', `lambda[${i}]`, lambda[i] ?? NaN, { min: 0, max: 1 });

  return mixedBatch('mixupBatch', batch, { lambda, partners, labels }, (input, partner, part) => {
    if (input.dtype !== 'float32')
      throw new TypeError(
        `mixupBatch: x must be float32, got ${input.dtype} [${input.shape.join(', ')}]: token numbers have no mean, and images are to be cast before`,
      );
    return mix(part, input, partner);
  });
}

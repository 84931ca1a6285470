import { check, type Callback } from '@tfloop/core';
import { cutRectangle } from './cut-rectangle.ts';
import { cutmixBatch, imageSize } from './cutmix-batch.ts';
import type { LabelMixing } from './mixed-batch.ts';
import { mixingCallback } from './mixing-callback.ts';
import { sampleBeta } from './sample-beta.ts';

/** Options of {@link cutmix}. */
export interface CutmixOptions {
  /** Shape of the Beta(α, α) distribution that λ is drawn from; 0 mixes nothing. @default 1 */
  readonly alpha?: number;
  /** Whether losses or labels are mixed; by default losses for integer labels, else labels. @default 'auto' */
  readonly labels?: LabelMixing;
}

/**
 * CutMix: trains on images with a rectangle of a random partner's image in them, towards both labels by area.
 *
 * One rectangle for each batch, around a random centre; λ is what is left of the image once the rectangle is
 * rounded to pixels and clipped. Acts in training only, and draws from its own random stream. Throws at a batch
 * that is not images `[n, height, width, channels]`. Yun et al., "CutMix", arXiv 1905.04899.
 */
export function cutmix(given: CutmixOptions = {}): Callback {
  const { alpha = 1, labels = 'auto', ...unknown } = check.options('cutmix', given);
  const options = { alpha, labels };
  check.known('cutmix', unknown, Object.keys(options));
  check.number('cutmix', 'alpha', alpha, { min: 0 });
  check.oneOf('cutmix', 'labels', labels, ['auto', 'losses', 'targets']);

  return mixingCallback('cutmix', options, (loop, rng) => {
    const [height, width] = imageSize(loop.x);
    const lambda = sampleBeta(alpha, alpha, rng);
    const rectangle = cutRectangle(lambda, height, width, rng.integer(height), rng.integer(width));
    return cutmixBatch(loop, { rectangle, partners: rng.permutation(loop.size), labels });
  });
}

import * as tf from '@tensorflow/tfjs';
import { isMixed, type PredLoop } from '@tfloop/core';

/**
 * Throws where float labels `[n]` were mixed as targets and the model answers with one score for each class:
 * the mean of classes 0 and 2 would train class 1.
 */
export function refuseFloatClasses({ y, pred }: PredLoop): void {
  if (!isMixed(y) || y.mixes !== 'targets' || y.first.rank !== 1) return;
  if (pred instanceof tf.Tensor && pred.rank > 1 && (pred.shape.at(-1) ?? 1) > 1)
    throw new TypeError(
      `float labels [${y.first.shape.join(', ')}] don't fit predictions [${pred.shape.join(', ')}]; ` +
        `give class labels as int32, or pass labels: 'losses'`,
    );
}

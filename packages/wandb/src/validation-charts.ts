import * as tf from '@tensorflow/tfjs';
import type { DoneBatchLoop } from '@tfloop/core';
import { wandbConfusionMatrix } from './media/confusion-matrix.ts';
import type { WandbMedia } from './media/media.ts';
import { wandbPrCurve } from './media/pr-curve.ts';
import { wandbRocCurve } from './media/roc-curve.ts';

/** Examples that are looked at most. */
const MOST_EXAMPLES = 10_000;

/** Charts of how a classifier does on validation data. */
export interface ValidationCharts {
  /** Takes a validation batch. Waits for nothing. */
  add(loop: DoneBatchLoop): void;
  /** The charts of the batches since they were last taken; none where there were none. */
  take(): Promise<Record<string, WandbMedia>>;
  dispose(): void;
}

/** Collects scores `[n, classes]` and labels, `[n]` or `[n, classes]`, of 10,000 examples at most. */
export function validationCharts(classes: readonly string[]): ValidationCharts {
  let batches: { readonly scores: tf.Tensor; readonly labels: tf.Tensor }[] = [];
  let examples = 0;

  const dispose = (): void => {
    tf.dispose(batches);
    batches = [];
    examples = 0;
  };

  return {
    add({ pred, y, model }) {
      if (!(pred instanceof tf.Tensor) || !(y instanceof tf.Tensor) || examples >= MOST_EXAMPLES)
        return;
      const { shape } = pred;
      if (shape.length !== 2 || shape[1] !== classes.length)
        throw new Error(
          `classes has ${classes.length} names, but the model's answers have the shape [${shape.join(', ')}]`,
        );
      examples += shape[0];
      batches.push(
        tf.tidy(() => ({
          // The order by scores of one class is another one before the softmax than after it.
          scores: model.outputActivation === 'softmax' ? tf.clone(pred) : tf.softmax(pred),
          labels: y.rank === 2 ? tf.argMax(y, 1) : tf.cast(y, 'int32'),
        })),
      );
    },
    async take() {
      if (batches.length === 0) return {};
      const read = await Promise.all(
        batches.map(async ({ scores, labels }) => [await scores.data(), await labels.data()]),
      );
      dispose();
      const scores = read.flatMap(([values = new Float32Array()]) =>
        rowsOf(values, classes.length),
      );
      const labels = read.flatMap(([, values = new Int32Array()]) => Array.from(values));
      if (!scores.every((row) => row.every(Number.isFinite))) return {};
      const given = { labels, classNames: classes };
      return {
        'valid/confusionMatrix': wandbConfusionMatrix({ ...given, predictions: scores }),
        'valid/roc': wandbRocCurve({ ...given, scores }),
        'valid/precisionRecall': wandbPrCurve({ ...given, scores }),
      };
    },
    dispose,
  };
}

function rowsOf(values: ArrayLike<number>, width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, i) =>
    Array.from({ length: width }, (_value, j) => values[i * width + j] ?? NaN),
  );
}

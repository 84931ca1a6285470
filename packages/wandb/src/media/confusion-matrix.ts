import { check } from '@tfloop/core';
import { checkNamed } from '../check-named.ts';
import { wandbChart } from './chart.ts';
import { classNamesOf, labelsOf } from './class-labels.ts';
import { hostRows, isRows, type NumberRows, type Numbers } from './host-numbers.ts';
import type { WandbMedia } from './media.ts';
import { MAX_TABLE_ROWS } from './table.ts';

/** Options of {@link wandbConfusionMatrix}. */
export interface WandbConfusionMatrixOptions {
  /** The true class of each sample, counted from 0. */
  readonly labels: Numbers;
  /** The predicted class of each sample, or its scores for all classes, of which the greatest counts. */
  readonly predictions: Numbers | NumberRows;
  /** The classes' names, 100 at most. @default Class_1, Class_2 … */
  readonly classNames?: readonly string[];
  /** @default 'Confusion Matrix Curve' */
  readonly title?: string;
}

/**
 * How often each class was predicted for each class, as a custom chart.
 *
 * Without `classNames`, there are as many classes as scores, or as the greatest label or prediction says. Throws a
 * RangeError on labels that are no classes, on lengths that differ and on more than 100 classes, whose pairs are more
 * than a table's rows.
 */
export function wandbConfusionMatrix(options: WandbConfusionMatrixOptions): WandbMedia {
  const owner = 'wandbConfusionMatrix';
  checkNamed(owner, options, ['labels', 'predictions', 'classNames', 'title']);
  const { labels, predictions, classNames, title = 'Confusion Matrix Curve' } = options;
  const actual = labelsOf(owner, 'labels', labels);
  const rows = isRows(predictions) ? hostRows(owner, 'predictions', predictions) : undefined;
  if (rows?.[0]) check.integer(owner, 'predictions[0].length', rows[0].length, { min: 2 });
  const predicted = rows?.map(greatest) ?? labelsOf(owner, 'predictions', predictions as Numbers);
  check.integer(owner, 'predictions.length', predicted.length, {
    min: actual.length,
    max: actual.length,
  });
  const classes = [...actual, ...predicted].reduce((most, label) => Math.max(most, label + 1), 0);
  const count = Math.max(classes, rows?.[0]?.length ?? 0);
  const names = classNamesOf(owner, classNames, count, (i) => `Class_${i + 1}`);
  check.integer(owner, 'classNames.length', names.length, { max: Math.sqrt(MAX_TABLE_ROWS) });

  const counts = names.map(() => names.map(() => 0));
  for (const [i, label] of actual.entries()) {
    const row = counts[label];
    const prediction = predicted[i];
    if (row && prediction !== undefined) row[prediction] = (row[prediction] ?? 0) + 1;
  }
  return wandbChart({
    panel: 'wandb/confusion_matrix/v1',
    table: {
      columns: ['Actual', 'Predicted', 'nPredictions'],
      data: counts.flatMap((row, i) => row.map((number, j) => [names[i], names[j], number])),
    },
    fields: { Actual: 'Actual', Predicted: 'Predicted', nPredictions: 'nPredictions' },
    texts: { title },
  });
}

// The first of equals, as numpy.argmax; NaN is never the greatest.
function greatest(scores: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < scores.length; i++)
    if ((scores[i] ?? NaN) > (scores[best] ?? NaN) || Number.isNaN(scores[best])) best = i;
  return best;
}

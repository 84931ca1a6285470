import { check } from '@tfloop/core';
import { checkNamed } from '../check-named.ts';
import { wandbChart } from './chart.ts';
import { classCurves, type ClassCurveOptions, type Point } from './class-curves.ts';
import type { WandbMedia } from './media.ts';
import type { ThresholdCounts } from './threshold-counts.ts';

/** Options of {@link wandbPrCurve}. */
export interface WandbPrCurveOptions extends ClassCurveOptions {
  /** Points of each curve, from recall 1 down to 0 at equal distances: an integer >= 2. @default 21 */
  readonly points?: number;
  /** @default 'Precision-Recall Curve' */
  readonly title?: string;
}

/**
 * Precision over recall of each class against all others, as a custom chart.
 *
 * The precision at a recall is the greatest that any threshold with at least this recall has, as in the official
 * client. Classes that no sample has are left out. Throws a RangeError on labels that are no classes, scores that are
 * not finite, and lengths that differ.
 */
export function wandbPrCurve(options: WandbPrCurveOptions): WandbMedia {
  const owner = 'wandbPrCurve';
  checkNamed(owner, options, ['labels', 'scores', 'classNames', 'points', 'title']);
  const { points = 21, title = 'Precision-Recall Curve' } = options;
  check.integer(owner, 'points', points, { min: 2 });
  const rows = classCurves(owner, options, (counts) => precisionsOf(counts, points));
  return wandbChart({
    panel: 'wandb/area-under-curve/v0',
    table: {
      columns: ['class', 'precision', 'recall'],
      data: rows.map(([name, recall, precision]) => [name, precision, recall]),
    },
    fields: { x: 'recall', y: 'precision', class: 'class' },
    texts: { title, 'x-axis-title': 'Recall', 'y-axis-title': 'Precision' },
  });
}

function precisionsOf({ truePositives, falsePositives }: ThresholdCounts, points: number): Point[] {
  const all = truePositives.at(-1) ?? 0;
  const recalls = truePositives.map((positives) => positives / all);
  const best = truePositives.map(
    (positives, i) => positives / (positives + (falsePositives[i] ?? 0)),
  );
  for (let i = best.length - 2; i >= 0; i--) best[i] = Math.max(best[i] ?? 0, best[i + 1] ?? 0);
  return Array.from({ length: points }, (_, i) => {
    const recall = i === 0 ? 1 : (points - 1 - i) * (1 / (points - 1));
    // With no recall at all, nothing is positive and so nothing is wrong.
    const precision = recall === 0 ? 1 : best[recalls.findIndex((other) => other >= recall)];
    return [recall, precision ?? 0];
  });
}

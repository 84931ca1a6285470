import { checkNamed } from '../check-named.ts';
import { wandbChart } from './chart.ts';
import { classCurves, type ClassCurveOptions, type Point } from './class-curves.ts';
import type { WandbMedia } from './media.ts';
import type { ThresholdCounts } from './threshold-counts.ts';

/** Options of {@link wandbRocCurve}. */
export interface WandbRocCurveOptions extends ClassCurveOptions {
  /** @default 'ROC Curve' */
  readonly title?: string;
}

/**
 * The receiver operating characteristic of each class against all others, as a custom chart: the rate of true over
 * that of false positives, as scikit-learn's `roc_curve` computes it.
 *
 * Classes that no sample has are left out. Throws a RangeError on labels that are no classes, scores that are not
 * finite, and lengths that differ.
 */
export function wandbRocCurve(options: WandbRocCurveOptions): WandbMedia {
  const owner = 'wandbRocCurve';
  checkNamed(owner, options, ['labels', 'scores', 'classNames', 'title']);
  const { title = 'ROC Curve' } = options;
  return wandbChart({
    panel: 'wandb/area-under-curve/v0',
    table: { columns: ['class', 'fpr', 'tpr'], data: classCurves(owner, options, rocOf) },
    fields: { x: 'fpr', y: 'tpr', class: 'class' },
    texts: { title, 'x-axis-title': 'False positive rate', 'y-axis-title': 'True positive rate' },
  });
}

function rocOf({ truePositives, falsePositives }: ThresholdCounts): Point[] {
  const last = truePositives.length - 1;
  const corners = truePositives.flatMap((_, i) =>
    i === 0 || i === last || bends(truePositives, i) || bends(falsePositives, i) ? [i] : [],
  );
  const allTrue = truePositives[last] ?? 0;
  const allFalse = falsePositives[last] ?? 0;
  const at = (i: number): Point => [
    (falsePositives[i] ?? 0) / allFalse,
    (truePositives[i] ?? 0) / allTrue,
  ];
  // One step before the first threshold nothing is positive.
  return [at(-1), ...corners.map(at)];
}

// Points within a straight line of equal steps draw nothing.
function bends(counts: readonly number[], i: number): boolean {
  const [before = 0, here = 0, after = 0] = counts.slice(i - 1, i + 2);
  return after - here !== here - before;
}

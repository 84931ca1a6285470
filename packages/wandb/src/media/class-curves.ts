import { check } from '@tfloop/core';
import { classNamesOf, labelsOf } from './class-labels.ts';
import { hostNumbers, hostRows, isRows, type NumberRows, type Numbers } from './host-numbers.ts';
import { MAX_TABLE_ROWS } from './table.ts';
import { thresholdCounts, type ThresholdCounts } from './threshold-counts.ts';

/** Options that the curves of classifiers share. */
export interface ClassCurveOptions {
  /** The true class of each sample, counted from 0. */
  readonly labels: Numbers;
  /** Each sample's scores, one for every class, or a single one for class 1 of two; greater means surer. */
  readonly scores: NumberRows | Numbers;
  /** The classes' names. @default their numbers */
  readonly classNames?: readonly string[];
}

/** A point of a curve: across, and up. */
export type Point = readonly [number, number];

/**
 * The rows of a chart of one curve for each class that a sample has: the class's name and the two coordinates,
 * rounded to 3 decimals. Where they are more than a table holds, each curve is thinned out evenly, its ends kept.
 */
export function classCurves(
  owner: string,
  { labels, scores, classNames }: ClassCurveOptions,
  curveOf: (counts: ThresholdCounts) => readonly Point[],
): (string | number)[][] {
  const truth = labelsOf(owner, 'labels', labels);
  const rows = scoresOf(owner, scores);
  check.integer(owner, 'scores.length', rows.length, { min: truth.length, max: truth.length });
  const count = rows[0]?.length ?? 0;
  const present = [...new Set(truth)].sort((a, b) => a - b);
  present.forEach((label) => check.integer(owner, 'labels', label, { max: count - 1 }));
  for (const row of rows)
    for (let i = 0; i < row.length; i++) check.number(owner, 'scores', row[i] ?? NaN);
  const names = classNamesOf(owner, classNames, count, String);
  const most = Math.floor(MAX_TABLE_ROWS / Math.max(1, present.length));

  return present.flatMap((label) => {
    const isTrue = truth.map((other) => other === label);
    const curve = curveOf(
      thresholdCounts(
        isTrue,
        rows.map((row) => row[label] ?? NaN),
      ),
    );
    const name = classNames ? (names[label] ?? '') : label;
    return thin(curve, most).map(([x, y]) => [name, round3(x), round3(y)]);
  });
}

function scoresOf(owner: string, scores: NumberRows | Numbers): ArrayLike<number>[] {
  const rows = isRows(scores)
    ? hostRows(owner, 'scores', scores)
    : Array.from(hostNumbers(owner, 'scores', scores).data, (score) => [score]);
  // What speaks for class 1 speaks against class 0.
  return rows.map((row) => (row.length === 1 ? [-(row[0] ?? NaN), row[0] ?? NaN] : row));
}

function thin(curve: readonly Point[], most: number): readonly Point[] {
  if (curve.length <= most) return curve;
  const step = (curve.length - 1) / Math.max(1, most - 1);
  return Array.from({ length: most }, (_, i) => curve[Math.round(i * step)] ?? [NaN, NaN]);
}

// To the nearest, halves to even, as numpy rounds.
function round3(value: number): number {
  const scaled = value * 1000;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  return (up ? floor + 1 : floor) / 1000;
}

import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { parseExtended } from '../src/extended-json.ts';
import { wandbConfusionMatrix } from '../src/media/confusion-matrix.ts';
import type { WandbMedia } from '../src/media/media.ts';
import { wandbPrCurve } from '../src/media/pr-curve.ts';
import { wandbRocCurve } from '../src/media/roc-curve.ts';
import { golden } from './media-golden.ts';

type Cells = (string | number)[][];

const { matrix, probabilities, truth } = golden.media.inputs;
const classNames = ['no', 'yes'];

const tableOf = (chart: WandbMedia, key = 'x'): { columns: string[]; data: Cells } =>
  parseExtended(new TextDecoder().decode(chart.render(key, 0).files[0]!.bytes)) as {
    columns: string[];
    data: Cells;
  };

const charts: Readonly<Record<string, WandbMedia>> = {
  matrix: wandbConfusionMatrix({
    labels: matrix.labels,
    predictions: matrix.predictions,
    classNames: matrix.names,
  }),
  'val/roc': wandbRocCurve({ labels: truth, scores: probabilities, classNames }),
  pr: wandbPrCurve({ labels: truth, scores: probabilities, classNames, title: 'Mine' }),
};

test.each(Object.keys(charts))('is the chart of the official client: %s', (key) => {
  const chart = charts[key]!;
  const { config, row, files } = chart.render(key, 0);
  const [panelPath, panel] = golden.media.config.find(([path]) => path[2] === key)!;
  expect(config!.map((item) => item.key)).toEqual([panelPath]);
  expect(JSON.parse(config![0]!.valueJson)).toEqual(JSON.parse(panel));
  const [tablePath, table] = Object.entries(golden.media.tables).find(([path]) =>
    path.includes(`${key}_table_`),
  )!;
  expect(tableOf(chart, key)).toEqual(parseExtended(table));
  const fields = golden.media.rows
    .find(([item]) => item![0][0] === `${key}_table`)!
    .map(([path]) => path[1]);
  expect(Object.keys(row)).toEqual([`${key}_table`]);
  expect(Object.keys(row[`${key}_table`] as object).sort()).toEqual(fields.sort());
  expect(files[0]!.path.replace(/\d+_[0-9a-f]{20}/, '')).toBe(
    tablePath.replace(/\d+_[0-9a-f]{20}/, ''),
  );
});

test.each(golden.curves)(
  'ROC and PR curves are those of scikit-learn: $count samples, $classes classes, $levels levels',
  ({ count, classes, seed, levels, roc, pr }) => {
    const labels = Array.from({ length: count }, (_, i) => (i * i + seed) % classes);
    const scores = Array.from({ length: count }, (_, i) =>
      Array.from(
        { length: classes },
        (_, c) => ((i * 7919 + c * 104729 + seed * 31) % levels) / levels,
      ),
    );
    expect(tableOf(wandbRocCurve({ labels, scores })).data).toEqual(roc);
    expect(tableOf(wandbPrCurve({ labels, scores })).data).toEqual(pr);
  },
);

test('a single score speaks for class 1', () => {
  const single = probabilities.map((row) => row[1]!);
  const roc = tableOf(wandbRocCurve({ labels: truth, scores: probabilities }));
  expect(tableOf(wandbRocCurve({ labels: truth, scores: single }))).toEqual(roc);
  const column = tf.tensor2d(single, [5, 1]);
  expect(tableOf(wandbRocCurve({ labels: truth, scores: column }))).toEqual(roc);
  column.dispose();
});

test('takes tensors, and leaves them', () => {
  const before = tf.memory().numTensors;
  const labels = tf.tensor1d([...truth], 'int32');
  const scores = tf.tensor2d(probabilities.map((row) => [...row]));
  const roc = wandbRocCurve({ labels, scores, classNames });
  const confusion = wandbConfusionMatrix({ labels, predictions: scores });
  expect([labels.isDisposed, scores.isDisposed]).toEqual([false, false]);
  tf.dispose([labels, scores]);
  expect(tf.memory().numTensors).toBe(before);
  expect(tableOf(roc)).toEqual(tableOf(charts['val/roc']!));
  expect(tableOf(confusion).data).toEqual([
    ['Class_1', 'Class_1', 2],
    ['Class_1', 'Class_2', 0],
    ['Class_2', 'Class_1', 0],
    ['Class_2', 'Class_2', 3],
  ]);
});

test('of many thresholds, as many are kept as a table has rows, ends included', () => {
  const count = 30_000;
  // Every second sample is of the class: each threshold is a corner.
  const labels = Array.from({ length: count }, (_, i) => i % 2);
  const scores = labels.map((_, i) => [i / count, i / count]);
  const { data } = tableOf(wandbRocCurve({ labels, scores }));
  expect(data).toHaveLength(10_000);
  for (const label of [0, 1]) {
    const curve = data.filter(([name]) => name === label);
    expect(curve[0]).toEqual([label, 0, 0]);
    expect(curve.at(-1)).toEqual([label, 1, 1]);
  }
});

test('with one class only, there is no rate of false positives', () => {
  const roc = wandbRocCurve({ labels: [1, 1], scores: [0.5, 0.25] });
  expect(tableOf(roc).data.map(([name, fpr]) => [name, fpr])).toEqual([
    [1, NaN],
    [1, NaN],
    [1, NaN],
  ]);
});

test('refuses what is no classification', () => {
  const labels = [0, 1];
  const scores = [
    [0.5, 0.5],
    [0.25, 0.75],
  ];
  const cases: [() => unknown, string][] = [
    [() => wandbRocCurve({ labels: [0, 5], scores }), 'wandbRocCurve: labels must be'],
    [() => wandbRocCurve({ labels: [0], scores }), 'scores.length must be'],
    [
      () =>
        wandbRocCurve({
          labels,
          scores: [
            [NaN, 1],
            [0, 1],
          ],
        }),
      'scores must be a number, got NaN',
    ],
    [
      () => wandbRocCurve({ labels, scores: [[1, 1], [0]] }),
      'scores must have rows of one length, got 2 and, in row 1, 1',
    ],
    [
      () => wandbPrCurve({ labels, scores, points: 1 }),
      'wandbPrCurve: points must be an integer >= 2',
    ],
    [() => wandbPrCurve({ labels, scores, classNames: ['a'] }), 'classNames.length must be'],
    [
      () => wandbConfusionMatrix({ labels: [0.5], predictions: [1] }),
      'labels[0] must be an integer',
    ],
    [() => wandbConfusionMatrix({ labels, predictions: [1] }), 'predictions.length must be'],
    [
      () => wandbConfusionMatrix({ labels, predictions: [[1], [0]] }),
      'predictions[0].length must be an integer >= 2, got 1',
    ],
    [
      () => wandbConfusionMatrix({ labels: [100], predictions: [0] }),
      'classNames.length must be an integer <= 100, got 101',
    ],
    [() => wandbConfusionMatrix({ label: [1] } as never), 'there is no option "label"'],
  ];
  for (const [make, message] of cases) expect(make).toThrow(message);
});

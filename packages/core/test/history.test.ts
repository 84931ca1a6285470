import { History, metric, type HistoryRow } from '@tfloop/core';
import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { at, line } from './fixtures.ts';

const row = (epoch: number, also: Partial<HistoryRow> = {}): HistoryRow => ({
  epoch,
  trainLoss: 0.5,
  smoothLoss: 0.25,
  validLoss: undefined,
  metrics: {},
  trainMetrics: {},
  hyperparameters: {},
  seconds: 1.5,
  ...also,
});

describe('toCSV', () => {
  it('has the columns of all rows, and an empty field for what a row does not know', () => {
    const history = new History([
      row(0, { hyperparameters: { lr: 0.1 } }),
      row(1, {
        validLoss: NaN,
        metrics: { accuracy: 0.75 },
        trainMetrics: { accuracy: 1 },
        hyperparameters: { lr: 1e-7 },
      }),
    ]);
    expect(history.toCSV()).toBe(
      'epoch,trainLoss,smoothLoss,lr,seconds,validLoss,accuracy,train accuracy\n' +
        '0,0.5,0.25,0.1,1.5,,,\n' +
        '1,0.5,0.25,1e-7,1.5,NaN,0.75,1\n',
    );
  });

  it('keeps numbers exactly', () => {
    const third = 1 / 3;
    const [, line] = new History([row(0, { trainLoss: third })]).toCSV().split('\n');
    expect(Number(line?.split(',')[1])).toBe(third);
  });

  it('quotes names that need it', () => {
    const metrics = { 'a,b': 1, 'say "x"': 2, 'two\nlines': 3, 'two\rreturns': 4, plain: 5 };
    const [header] = new History([row(0, { metrics })]).toCSV().split('\n0,');
    expect(header).toBe(
      'epoch,trainLoss,smoothLoss,"a,b","say ""x""","two\nlines","two\rreturns",plain,seconds',
    );
  });

  it('of nothing is an empty header', () => {
    expect(new History().toCSV()).toBe('\n');
    expect(new History().last).toBeUndefined();
  });
});

describe('table', () => {
  it('is aligned, to four digits, without hyper-parameters', () => {
    const history = new History([
      row(0, { trainLoss: 123.456, metrics: { accuracy: 2 / 3 }, hyperparameters: { lr: 1 } }),
      row(1, { trainLoss: NaN, seconds: 0.04 }),
    ]);
    expect(history.table()).toBe(
      [
        'epoch  trainLoss  smoothLoss  accuracy  seconds',
        '    0      123.5      0.2500    0.6667      1.5',
        '    1        NaN      0.2500                0.0',
      ].join('\n'),
    );
  });
});

describe('the rows of a fit', () => {
  it('smooth the losses of all batches so far with decay 0.98, corrected for the start', async () => {
    const history = await line({ lr: 0 }).learner.fit(2);
    // Losses 10, 50, 10, 50. Sums: 0.2; 0.196 + 1 = 1.196; 1.17208 + 0.2 = 1.37208; 1.3446384 + 1 = 2.3446384;
    // corrected by 1 − 0.98² = 0.0396 and 1 − 0.98⁴ = 0.07763184.
    expect(history.rows[0]?.smoothLoss).toBeCloseTo(1.196 / 0.0396, 5);
    expect(history.rows[1]?.smoothLoss).toBeCloseTo(2.3446384 / 0.07763184, 5);
    expect(history.rows.map(({ trainLoss }) => trainLoss)).toEqual([30, 30]);
  });

  it('have the mean over examples, not over batches', async () => {
    const { learner } = line({
      lr: 0,
      data: {
        train: [
          { x: tf.tensor1d([1, 1, 1]), y: tf.tensor1d([2, 2, 2]) },
          { x: tf.tensor1d([1]), y: tf.tensor1d([0]) },
        ],
      },
    });
    // Three examples at 4 and one at 0.
    expect((await learner.fit(1)).last?.trainLoss).toBe(3);
  });

  it('have the hyper-parameters at the end of the epoch', async () => {
    const { learner } = line({ lr: 0.5, momentum: 0.5 });
    const history = await learner.fit(2, [
      at('beforeStep', ({ optimizer, step }) => {
        optimizer.set('lr', step / 8);
      }),
    ]);
    // Steps 1 and 3 are the last of their epochs.
    expect(history.rows.map(({ hyperparameters }) => hyperparameters)).toEqual([
      { lr: 0.125, momentum: 0.5 },
      { lr: 0.375, momentum: 0.5 },
    ]);
  });

  it('have training metrics where they were asked for', async () => {
    const metrics = [
      metric('squares', (pred, y) => tf.squaredDifference(pred as tf.Tensor, y as tf.Tensor)),
    ];
    const [with_, without] = [
      line({ lr: 0, metrics, trainMetrics: true }),
      line({ lr: 0, metrics }),
    ];
    const row = (await with_.learner.fit(1)).last;
    // Squares of 2, 4, 6, 8 in training, of 1 in validation.
    expect(row?.trainMetrics).toEqual({ squares: 30 });
    expect(row?.metrics).toEqual({ squares: 1 });
    expect((await without.learner.fit(1)).last?.trainMetrics).toEqual({});
  });

  it('are there for callbacks from afterEpoch on', async () => {
    const seen: string[] = [];
    const look = (event: 'afterValidate' | 'afterEpoch' | 'afterFit') =>
      at(event, ({ history }) => seen.push(`${event} ${history.rows.length}`));
    const history = await line().learner.fit(1, [
      look('afterValidate'),
      look('afterEpoch'),
      look('afterFit'),
    ]);
    expect(seen).toEqual(['afterValidate 0', 'afterEpoch 1', 'afterFit 1']);
    expect(history.rows[0]?.seconds).toBeGreaterThanOrEqual(0);
  });
});

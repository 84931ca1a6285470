import { describe, expect, it } from '@jest/globals';
import type { Callback } from '@tfloop/core';
import { explain } from '../src/explain.ts';
import { makeLedger } from '../src/ledger/ledger.ts';
import type { LedgerPlace, LedgerRow } from '../src/ledger/ledger-row.ts';

/** A row with a little of everything. */
function row(
  callback: string | null,
  event: LedgerPlace['event'],
  figures: Partial<LedgerRow> = {},
): LedgerRow {
  return {
    callback,
    event,
    phase: 'train',
    calls: 1,
    seconds: 0,
    made: 0,
    kept: 0,
    keptBytes: 0,
    leaked: 0,
    leakedBytes: 0,
    peakBytes: 0,
    readBacks: 0,
    leaks: [],
    ...figures,
  };
}

const rows: readonly LedgerRow[] = [
  row(null, 'loop', { seconds: 0.0125 }),
  row('slow', 'beforeFit', { made: 1, kept: 1, keptBytes: 1023, peakBytes: 1023 }),
  row(null, 'data', { calls: 4, made: 8, kept: 8, keptBytes: 3 * 1024, peakBytes: 1024 }),
  row(null, 'model', { calls: 3, seconds: 1.5 }),
  row('hoard', 'afterStep', {
    calls: 3,
    seconds: 0.001,
    made: 9,
    kept: 3,
    keptBytes: 1536,
    leaked: 3,
    leakedBytes: 1536,
    peakBytes: 5 * 1024 ** 3,
    readBacks: 6,
    leaks: [
      { dtype: 'float32', shape: [16, 4], count: 2 },
      { dtype: 'int32', shape: [], count: 1 },
    ],
  }),
  row('slow', 'atRest', { calls: 4 }),
  row('slow', 'signals["sync"]', { calls: 2 }),
  row('hoard', 'afterBatch', {
    phase: 'valid',
    leaked: 1,
    leakedBytes: 4,
    leaks: [{ dtype: 'float32', shape: [1], count: 1 }],
  }),
];
const ledger = makeLedger({ rows, peakBytes: 2 * 1024 * 1024 });

describe('a ledger', () => {
  it('has a table', () => {
    expect(`\n${ledger.table()}\n`).toBe(`
callback  event            phase  calls      ms  made  kept     size  leaked     size     peak  reads
(loop)    loop             train      1    12.5     0     0      0 B       0      0 B      0 B      0
slow      beforeFit        train      1     0.0     1     1   1023 B       0      0 B   1023 B      0
(loop)    data             train      4     0.0     8     8  3.0 KiB       0      0 B  1.0 KiB      0
(loop)    model            train      3  1500.0     0     0      0 B       0      0 B      0 B      0
hoard     afterStep        train      3     1.0     9     3  1.5 KiB       3  1.5 KiB  5.0 GiB      6
slow      atRest           train      4     0.0     0     0      0 B       0      0 B      0 B      0
slow      signals["sync"]  train      2     0.0     0     0      0 B       0      0 B      0 B      0
hoard     afterBatch       valid      1     0.0     0     0      0 B       1      4 B      0 B      0
in all                               19  1513.5    18    12  5.5 KiB       4  1.5 KiB  2.0 MiB      6
`);
  });

  it('sums up what leaked, and refuses more than a budget', () => {
    expect(ledger.leaked).toEqual({ tensors: 4, bytes: 1540 });
    expect(() => ledger.refuseLeaks(4)).not.toThrow();
    expect(() => ledger.refuseLeaks(3)).toThrow(
      new Error(
        'Ledger: 4 tensors (1540 bytes) outlived the fit, the budget is 3: ' +
          'hoard.afterStep: 2 × float32 [16, 4], 1 × int32 []; ' +
          'hoard.afterBatch in validation: 1 × float32 [1]. ' +
          'Dispose of them in a cleanup event, or make them in tf.tidy',
      ),
    );
    expect(() => ledger.refuseLeaks()).toThrow('the budget is 0');
    expect(() => ledger.refuseLeaks(-1)).toThrow(
      'Ledger.refuseLeaks: budget must be an integer >= 0, got -1',
    );
  });

  it('is JSON, and comes back from it', () => {
    const text = JSON.stringify(ledger);
    const back = makeLedger(JSON.parse(text) as typeof ledger);
    expect(back.table()).toBe(ledger.table());
    expect(JSON.stringify(back)).toBe(text);
  });
});

it('the drawing of the loop shows what each callback took, and what has no place in it below', () => {
  const nothing = () => undefined;
  const plan: Callback[] = [
    { name: 'hoard', afterStep: nothing, afterBatch: nothing, cleanupFit: nothing },
    { name: 'slow', beforeFit: nothing, atRest: nothing, cleanupFit: nothing, owns: ['lr'] },
  ];
  const drawing = explain(plan, true, JSON.parse(JSON.stringify(ledger)) as typeof ledger);
  expect(`\n${drawing}\n`).toBe(`
                               calls      ms  made  kept     size  leaked     size     peak  reads
fit                                1    12.5     0     0      0 B       0      0 B      0 B      0
  beforeFit
    slow                           1     0.0     1     1   1023 B       0      0 B   1023 B      0
  for each epoch
    beforeEpoch
    beforeTrain
    for each training batch        4     0.0     8     8  3.0 KiB       0      0 B  1.0 KiB      0
      beforeBatch
      pred = model(x)              3  1500.0     0     0      0 B       0      0 B      0 B      0
      afterPred
      loss = loss(pred, y)
      afterLoss
      backward
      afterBackward
      beforeStep
      optimizer.step
      afterStep
        hoard                      3     1.0     9     3  1.5 KiB       3  1.5 KiB  5.0 GiB      6
      afterBatch
        hoard
      cleanupBatch
      atRest
        slow                       4     0.0     0     0      0 B       0      0 B      0 B      0
    afterTrain
    beforeValidate
    for each validation batch
      beforeBatch
      pred = model(x)
      afterPred
      loss = loss(pred, y)
      afterLoss
      afterBatch
        hoard                      1     0.0     0     0      0 B       1      4 B      0 B      0
      cleanupBatch
    afterValidate
    afterEpoch
    cleanupEpoch
    atRest
      slow
  afterFit
  cleanupFit
    slow
    hoard
besides
  slow.signals["sync"]             2     0.0     0     0      0 B       0      0 B      0 B      0
changed by callbacks
  lr                            slow (owner)
`);
});

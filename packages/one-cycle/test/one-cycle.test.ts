import { describe, expect, it } from '@jest/globals';
import { CancelStep, type Callback, type Optimizer } from '@tfloop/core';
import { describeCallback, testOptimizer, toyProblem } from '@tfloop/core/testing';
import { adam } from '@tfloop/optimizers';
import { oneCycle, oneCycleAt, schedule, constant, type OneCycleOptions } from '@tfloop/one-cycle';
import { unknownLength } from './unknown-length.ts';

describeCallback({
  name: 'oneCycle',
  create: () => oneCycle({ maxLr: 0.1 }),
  refuses: [
    [() => oneCycle({ maxLr: 0 }), /oneCycle: maxLr must be a number > 0, got 0/],
    [
      () => oneCycle(...([] as unknown as [OneCycleOptions])),
      /oneCycle: maxLr must be a number > 0, got undefined/,
    ],
    [() => oneCycle({} as OneCycleOptions), /oneCycle: maxLr must be a number > 0, got undefined/],
    [
      () => oneCycle({ maxLr: 1, pctStart: 1.1 }),
      /oneCycle: pctStart must be a number >= 0 and <= 1, got 1.1/,
    ],
    [
      () => oneCycle({ maxLr: 1, pctStart: 0.6, threePhase: true }),
      /oneCycle: pctStart must be a number >= 0 and <= 0.5, got 0.6/,
    ],
    [() => oneCycle({ maxLr: 1, div: 0 }), /oneCycle: div must be a number > 0, got 0/],
    [() => oneCycle({ maxLr: 1, divFinal: -1 }), /oneCycle: divFinal must be a number > 0, got -1/],
    [
      () => oneCycle({ maxLr: 1, momentums: [0.9, 0.8, 1] }),
      /oneCycle: momentums\[2\] must be a number >= 0 and < 1, got 1/,
    ],
    [
      () => oneCycle({ maxLr: 1, momentums: [0.9, 0.8] } as unknown as OneCycleOptions),
      /oneCycle: momentums must be \[start, peak, end\] or false, got \[0.9,0.8\]/,
    ],
    [
      () => oneCycle({ maxLr: 1, anneal: 'cosine' } as unknown as OneCycleOptions),
      /oneCycle: anneal must be one of "cos", "linear", got "cosine"/,
    ],
    [
      () => oneCycle({ maxLr: 1, style: 'keras' } as unknown as OneCycleOptions),
      /oneCycle: style must be one of "fastai", "torch", got "keras"/,
    ],
    [
      () => oneCycle({ maxLr: 1, totalSteps: 0 }),
      /oneCycle: totalSteps must be an integer >= 1, got 0/,
    ],
    [
      () => oneCycle({ maxLr: 1, pctstart: 0.3 } as unknown as OneCycleOptions),
      /oneCycle: there is no option "pctstart"/,
    ],
  ],
});

/** Writes down two hyper-parameters as the optimizer sees them. */
function recorder(momentum = 'momentum'): Callback & { seen: [lr: number, momentum: number][] } {
  const seen: [number, number][] = [];
  return {
    name: 'recorder',
    seen,
    afterStep: ({ optimizer }) => void seen.push([optimizer.get('lr'), optimizer.get(momentum)]),
  };
}

describe('oneCycle in a fit', () => {
  it('sets lr and momentum for every step over the whole fit', async () => {
    const problem = toyProblem();
    const record = recorder();
    // Two epochs of three batches: N = 6, the way up takes 1.5 steps.
    await problem.learner.fit(2, [oneCycle({ maxLr: 0.4 }), record]);
    expect(record.seen).toHaveLength(6);
    expect(record.seen[0]![0]).toBeCloseTo(0.016, 12);
    expect(record.seen[0]![1]).toBeCloseTo(0.95, 12);
    // Step 1 of 1.5 is at (1 − cos 120°) / 2 = 0.75 of the way.
    expect(record.seen[1]![0]).toBeCloseTo(0.016 + 0.75 * 0.384, 12);
    expect(record.seen[1]![1]).toBeCloseTo(0.95 - 0.75 * 0.1, 12);
    // Step 3 of 6 is a third of the way down, where the cosine has done a quarter.
    expect(record.seen[3]![0]).toBeCloseTo(0.4 - 0.25 * (0.4 - 4e-6), 12);
    expect(record.seen[3]![1]).toBeCloseTo(0.875, 12);
    problem.dispose();
  });

  it('has the defaults of its style', () => {
    expect(oneCycle({ maxLr: 1 }).options).toMatchObject({
      style: 'fastai',
      pctStart: 0.25,
      div: 25,
      divFinal: 1e5,
      momentums: [0.95, 0.85, 0.95],
      threePhase: false,
      anneal: 'cos',
    });
    expect(oneCycle({ maxLr: 1, style: 'torch', div: 10 }).options).toMatchObject({
      pctStart: 0.3,
      div: 10,
      divFinal: 1e4,
    });
  });

  it('applies PyTorch’s style: the last step of the fit has the last lr', async () => {
    const problem = toyProblem();
    const record = recorder();
    await problem.learner.fit(2, [oneCycle({ maxLr: 0.4, style: 'torch' }), record]);
    expect(record.seen[0]![0]).toBeCloseTo(
      oneCycleAt(0, 6, {
        style: 'torch',
        maxLr: 0.4,
        pctStart: 0.3,
        div: 25,
        divFinal: 1e4,
        momentums: [0.95, 0.85, 0.95],
        threePhase: false,
        anneal: 'cos',
      }).lr,
      12,
    );
    expect(record.seen[5]![0]).toBeCloseTo(1.6e-6, 12);
    expect(record.seen[5]![1]).toBeCloseTo(0.95, 12);
    problem.dispose();
  });

  it('cycles Adam’s beta1 and touches nothing else', async () => {
    const optimizer = adam({ lr: 0.01, beta2: 0.98, eps: 1e-6 });
    const problem = toyProblem({ optimizer });
    const record = recorder('beta1');
    await problem.learner.fit(4, [oneCycle({ maxLr: 0.4 }), record]);
    // N = 12, the peak is at step 3.
    expect(record.seen[0]![1]).toBeCloseTo(0.95, 12);
    expect(record.seen[3]![1]).toBeCloseTo(0.85, 12);
    expect(optimizer.get('beta2')).toBe(0.98);
    expect(optimizer.get('eps')).toBe(1e-6);
    problem.dispose();
  });

  it('leaves momentum alone where it is false', async () => {
    const optimizer = testOptimizer({ momentum: 0.7 });
    const problem = toyProblem({ optimizer });
    const callback = oneCycle({ maxLr: 0.4, momentums: false });
    await problem.learner.fit(1, [callback]);
    expect(optimizer.get('momentum')).toBe(0.7);
    expect(callback.owns).toEqual(['lr']);
    problem.dispose();
  });

  it('leaves the last values, and starts anew in a second fit', async () => {
    const problem = toyProblem();
    const record = recorder();
    const cycle = oneCycle({ maxLr: 0.4 });
    await problem.learner.fit(1, [cycle, record]);
    expect(problem.learner.optimizer.get('lr')).toBe(record.seen[2]![0]);
    await problem.learner.fit(1, [cycle, record]);
    expect(record.seen.slice(3)).toEqual(record.seen.slice(0, 3));
    problem.dispose();
  });

  it('counts optimizer steps, not batches', async () => {
    const problem = toyProblem();
    const record = recorder();
    const skip: Callback = {
      name: 'skip',
      afterBackward: ({ batch }) => {
        if (batch % 2 === 0) throw new CancelStep();
      },
    };
    // Of six batches three are steps: with totalSteps 3 the cycle still ends with the fit.
    await problem.learner.fit(2, [oneCycle({ maxLr: 0.4, totalSteps: 3 }), skip, record]);
    const other = recorder();
    await problem.learner.fit(1, [oneCycle({ maxLr: 0.4 }), other]);
    expect(record.seen).toEqual(other.seen);
    problem.dispose();
  });
});

describe('oneCycle refuses', () => {
  it('an optimizer without momentum, before any work', async () => {
    const optimizer: Optimizer = { ...testOptimizer(), name: 'plain', momentumName: undefined };
    const problem = toyProblem({ optimizer });
    const before = problem.numbers();
    await expect(problem.learner.fit(1, [oneCycle({ maxLr: 0.4 })])).rejects.toThrow(
      'oneCycle.beforeFit: optimizer "plain" has no momentum to cycle; pass momentums: false',
    );
    expect(problem.numbers()).toEqual(before);
    await problem.learner.fit(1, [oneCycle({ maxLr: 0.4, momentums: false })]);
    problem.dispose();
  });

  it('a fit of unknown length, unless it is told totalSteps', async () => {
    const { learner, dispose } = unknownLength(2);
    await expect(learner.fit(1, [oneCycle({ maxLr: 0.1 })])).rejects.toThrow(
      'oneCycle.beforeFit: the length of this fit is unknown; pass totalSteps',
    );
    await learner.fit(1, [oneCycle({ maxLr: 0.1, totalSteps: 2 })]);
    dispose();
  });

  it('more steps than totalSteps, naming both counts', async () => {
    const problem = toyProblem();
    await expect(problem.learner.fit(2, [oneCycle({ maxLr: 0.1, totalSteps: 4 })])).rejects.toThrow(
      'oneCycle.beforeStep: this is step 5 of a schedule of 4 steps',
    );
    problem.dispose();
  });

  it('another owner of lr or momentum', () => {
    const problem = toyProblem();
    const cycle = oneCycle({ maxLr: 0.1 });
    expect(() => problem.learner.explain([cycle, schedule({ lr: constant(1) })])).toThrow(
      'plan: oneCycle and schedule(lr) both own "lr"',
    );
    expect(() => problem.learner.explain([cycle, schedule({ momentum: constant(0.9) })])).toThrow(
      'plan: oneCycle and schedule(momentum) both own "momentum"',
    );
    problem.dispose();
  });
});

import { describe, expect, it } from '@jest/globals';
import { type Callback, type CallbackState } from '@tfloop/core';
import { describeCallback, testOptimizer, toyProblem } from '@tfloop/core/testing';
import { adamw } from '@tfloop/optimizers';
import {
  combine,
  constant,
  cosine,
  linear,
  schedule,
  stepDecay,
  type Schedule,
} from '@tfloop/one-cycle';
import { unknownLength } from './unknown-length.ts';

describeCallback({
  name: 'schedule',
  create: () => schedule({ lr: cosine(0.1, 0.01), momentum: linear(0.8, 0.9) }),
  refuses: [
    [() => schedule({}), /schedule: schedules must name a hyper-parameter, got none/],
    [
      () => schedule({ momentum: constant(0.9), beta1: constant(0.8) }),
      /schedule: momentum and beta1 are one hyper-parameter, name one of them/,
    ],
    [
      () => schedule({ lr: 0.1 as unknown as Schedule }),
      /schedule: lr must be a function of the position, got number/,
    ],
    [
      () => schedule({ lr: constant(1) }, { totalSteps: 1.5 }),
      /schedule: totalSteps must be an integer >= 1, got 1.5/,
    ],
    [
      () => schedule({ lr: constant(1) }, { steps: 3 } as object),
      /schedule: there is no option "steps"/,
    ],
  ],
});

function recorder(name: string): Callback & { seen: number[] } {
  const seen: number[] = [];
  return {
    name: `records ${name}`,
    seen,
    afterStep: ({ optimizer }) => void seen.push(optimizer.get(name)),
  };
}

describe('schedule', () => {
  it('sets the value of position s / N before step s', async () => {
    const problem = toyProblem();
    const record = recorder('lr');
    // N = 6: up over a half, down over the other.
    const lr = combine([
      { fraction: 0.5, schedule: linear(0, 0.3) },
      { fraction: 0.5, schedule: linear(0.3, 0) },
    ]);
    await problem.learner.fit(2, [schedule({ lr }), record]);
    [0, 0.1, 0.2, 0.3, 0.2, 0.1].forEach((expected, step) => {
      expect(record.seen[step]).toBeCloseTo(expected, 12);
    });
    problem.dispose();
  });

  it('divides the lr that the fit began with after epochs', async () => {
    const problem = toyProblem({ optimizer: testOptimizer({ lr: 0.5 }) });
    const record = recorder('lr');
    const decay = schedule({ lr: stepDecay({ epochs: [1, 3], factor: 0.2 }) });
    await problem.learner.fit(4, [decay, record]);
    const expected = [0.5, 0.1, 0.1, 0.02].flatMap((value) => [value, value, value]);
    record.seen.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 12);
    });
    expect(record.seen).toHaveLength(12);
    // What is left is where a second fit begins.
    expect(problem.learner.optimizer.get('lr')).toBeCloseTo(0.02, 12);
    problem.dispose();
  });

  it('tells a function of one’s own the step, the epoch and the initial value', async () => {
    const problem = toyProblem({ optimizer: testOptimizer({ lr: 0.5 }) });
    const seen: unknown[] = [];
    const lr: Schedule = (position, moment) => {
      seen.push([position, moment]);
      return 0.1;
    };
    await problem.learner.fit(2, [schedule({ lr })]);
    // The first call, in beforeFit, only tries.
    expect(seen).toHaveLength(7);
    expect(seen[0]).toEqual(seen[1]);
    expect(seen[5]).toEqual([4 / 6, { step: 4, epoch: 1, initial: 0.5 }]);
    problem.dispose();
  });

  it('owns what it names, so that others can stand beside it', async () => {
    expect(schedule({ lr: constant(1) })).toMatchObject({ name: 'schedule(lr)', owns: ['lr'] });
    expect(schedule({ beta1: constant(0.9) }).owns).toEqual(['momentum']);
    expect(schedule({ lr: constant(1), momentum: constant(0.9) }).owns).toEqual(['lr', 'momentum']);
    expect(schedule({ weightDecay: constant(0) }).owns).toEqual(['weightDecay']);

    const optimizer = adamw({ lr: 0.01 });
    const problem = toyProblem({ optimizer });
    await problem.learner.fit(1, [
      schedule({ lr: linear(0.3, 0) }),
      schedule({ weightDecay: linear(0.03, 0) }),
      schedule({ momentum: linear(0.9, 0.6) }),
    ]);
    // The last of three steps is at position 2/3.
    expect(optimizer.get('lr')).toBeCloseTo(0.1, 12);
    expect(optimizer.get('weightDecay')).toBeCloseTo(0.01, 12);
    expect(optimizer.get('beta1')).toBeCloseTo(0.7, 12);
    expect(() =>
      problem.learner.explain([schedule({ lr: constant(1) }), schedule({ lr: constant(2) })]),
    ).toThrow('two callbacks are named "schedule(lr)"');
    expect(() =>
      problem.learner.explain([
        schedule({ weightDecay: constant(0) }),
        schedule({ eps: constant(1e-8), weightDecay: constant(0.1) }),
      ]),
    ).toThrow('both own "weightDecay"');
    problem.dispose();
  });

  it('goes on from a checkpoint relative to the first lr, not to the one found', async () => {
    const decay = () => schedule({ lr: stepDecay({ epochs: [1], factor: 0.5 }) });
    let saved: CallbackState = null;
    const first = toyProblem({ optimizer: testOptimizer({ lr: 0.4 }) });
    const saving = decay();
    await first.learner.fit(1, [
      saving,
      { name: 'saves', afterEpoch: () => void (saved = saving.state?.() ?? null) },
    ]);
    first.dispose();

    const second = toyProblem({ optimizer: testOptimizer({ lr: 0.2 }) });
    const resumed = decay();
    await second.learner.fit(2, [
      resumed,
      {
        name: 'loads',
        beforeEpoch({ epoch }) {
          if (epoch === 0) resumed.load?.(saved);
        },
      },
    ]);
    expect(second.learner.optimizer.get('lr')).toBeCloseTo(0.2, 12);
    second.dispose();
  });

  it.each<[string, CallbackState]>([
    ['nothing', null],
    ['no initial values', {}],
    ['the values of another schedule', { initial: { momentum: 0.9 } }],
    ['text', { initial: { lr: '0.1' } }],
    ['more than its own', { initial: { lr: 0.1, momentum: 0.9 } }],
  ])('refuses a state that holds %s', (_, state) => {
    expect(() => schedule({ lr: constant(1) }).load?.(state)).toThrow(
      "schedule(lr): can't load this state: it does not hold the initial values of lr",
    );
  });

  it('refuses a hyper-parameter that the optimizer lacks, before any work', async () => {
    const problem = toyProblem();
    await expect(
      problem.learner.fit(1, [schedule({ weightDecay: constant(0.1) })]),
    ).rejects.toThrow(
      'schedule(weightDecay).beforeFit: optimizer "testOptimizer" has no hyper-parameter "weightDecay"; it has lr, momentum',
    );
    problem.dispose();
  });

  it('refuses more steps than totalSteps and values that are no numbers', async () => {
    const problem = toyProblem();
    await expect(
      problem.learner.fit(1, [schedule({ lr: constant(0.1) }, { totalSteps: 2 })]),
    ).rejects.toThrow('schedule(lr).beforeStep: this is step 3 of a schedule of 2 steps');
    await expect(problem.learner.fit(1, [schedule({ lr: () => Infinity })])).rejects.toThrow(
      'schedule(lr).beforeFit: lr must be a finite number, got Infinity at step 0',
    );
    problem.dispose();
  });

  it('needs a known length only for schedules of the position', async () => {
    const { learner, dispose } = unknownLength(1);
    await expect(learner.fit(1, [schedule({ lr: linear(1, 0) })])).rejects.toThrow(
      'lr must be a finite number, got NaN at step 0; the length of this fit is unknown: pass totalSteps',
    );
    await learner.fit(1, [schedule({ lr: linear(1, 0) }, { totalSteps: 1 })]);
    await learner.fit(2, [schedule({ lr: stepDecay({ epochs: [1], factor: 0.1 }) })]);
    expect(learner.optimizer.get('lr')).toBeCloseTo(0.1, 12);
    dispose();
  });
});

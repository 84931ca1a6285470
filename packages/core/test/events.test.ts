import {
  CallbackError,
  CancelBatch,
  CancelEpoch,
  CancelFit,
  CancelStep,
  CancelTrain,
  CancelValidate,
  rng,
  type Callback,
  type EventName,
  type FitLoop,
} from '@tfloop/core';
import { describe, expect, it, jest } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { at, EVENTS, expectNoLeak, line, points, rejection, throwing, tracer } from './fixtures.ts';

const words = (...parts: string[]): string[] => parts.join(' ').split(/\s+/).filter(Boolean);

describe('a fit of two epochs with two batches each and one validation batch', () => {
  it('has exactly these events, at these counters', async () => {
    const groups: string[] = [];
    let last = '';
    const text = (event: EventName, loop: FitLoop) => {
      const { phase, epoch, batch, batchInEpoch, batchesPerEpoch, step } = loop;
      const counters = `${phase} ${epoch} ${batch} ${batchInEpoch}/${batchesPerEpoch ?? '?'} ${step}:`;
      if (counters === last) groups.push(`${groups.pop() ?? ''} ${event}`);
      else groups.push(`${(last = counters)} ${event}`);
      return event;
    };
    await line().learner.fit(2, [tracer([], { text })]);

    // phase, epoch, training batches before this one, batch in epoch and phase / of how many, steps done
    expect(groups).toEqual([
      'train 0 0 0/2 0: beforeFit beforeEpoch beforeTrain beforeBatch afterPred afterLoss afterBackward beforeStep',
      'train 0 0 0/2 1: afterStep afterBatch cleanupBatch',
      'train 0 1 1/2 1: beforeBatch afterPred afterLoss afterBackward beforeStep',
      'train 0 1 1/2 2: afterStep afterBatch cleanupBatch',
      'train 0 2 2/2 2: afterTrain',
      'valid 0 2 0/1 2: beforeValidate beforeBatch afterPred afterLoss afterBatch cleanupBatch',
      'valid 0 2 1/1 2: afterValidate',
      'train 0 2 2/2 2: afterEpoch cleanupEpoch',
      'train 1 2 0/2 2: beforeEpoch beforeTrain beforeBatch afterPred afterLoss afterBackward beforeStep',
      'train 1 2 0/2 3: afterStep afterBatch cleanupBatch',
      'train 1 3 1/2 3: beforeBatch afterPred afterLoss afterBackward beforeStep',
      'train 1 3 1/2 4: afterStep afterBatch cleanupBatch',
      'train 1 4 2/2 4: afterTrain',
      'valid 1 4 0/1 4: beforeValidate beforeBatch afterPred afterLoss afterBatch cleanupBatch',
      'valid 1 4 1/1 4: afterValidate',
      'train 1 4 2/2 4: afterEpoch cleanupEpoch',
      'train 2 4 2/2 4: afterFit cleanupFit',
    ]);
  });

  it('knows how many batches there are, where the data does', async () => {
    const seen: unknown[] = [];
    const look = at('beforeFit', (loop) => seen.push(loop.totalBatches, loop.epochs));
    await line().learner.fit(3, [look]);
    const unknown = points([1], [1], 1);
    const train = () => unknown.epoch({ epoch: 0, phase: 'train', rng: rng(1, 'order') });
    await line({ data: { train } }).learner.fit(3, [look]);
    expect(seen).toEqual([6, 3, undefined, 3]);
  });

  it('runs callbacks in planned order and cleanups in reverse', async () => {
    const trace: string[] = [];
    const two = ['a', 'b'].map((name) =>
      tracer(trace, { name, text: (event) => `${name}.${event}` }),
    );
    await line({ data: { train: points([1], [2], 1) } }).learner.fit(1, two);
    const pairs = EVENTS.filter((event) => !/alidate/.test(event)).flatMap((event) =>
      (event.startsWith('cleanup') ? ['b', 'a'] : ['a', 'b']).map((name) => `${name}.${event}`),
    );
    expect(trace).toEqual(pairs);
  });

  it('awaits promises in order, between synchronous callbacks', async () => {
    const trace: string[] = [];
    const callback = (name: string, turns: number): Callback => {
      const hook = (event: string) =>
        turns === 0
          ? void trace.push(`${name}.${event}`)
          : (async () => {
              for (let i = 0; i < turns; i++) await new Promise(setImmediate);
              trace.push(`${name}.${event}`);
            })();
      return {
        name,
        beforeBatch: () => hook('beforeBatch'),
        afterStep: () => hook('afterStep'),
        cleanupFit: () => hook('cleanupFit'),
      };
    };
    await line({ data: { train: points([1], [2], 1) } }).learner.fit(1, [
      callback('a', 3),
      callback('b', 0),
      callback('c', 1),
    ]);
    expect(trace).toEqual(
      words(
        'a.beforeBatch b.beforeBatch c.beforeBatch a.afterStep b.afterStep c.afterStep',
        'c.cleanupFit b.cleanupFit a.cleanupFit',
      ),
    );
  });
});

describe('cancelling', () => {
  const FORWARD = 'beforeBatch afterPred afterLoss';
  const STEP = `${FORWARD} afterBackward beforeStep afterStep`;
  const DONE = 'afterBatch cleanupBatch';
  const BATCH = `${STEP} ${DONE}`;
  const BEFORE = 'beforeFit beforeEpoch beforeTrain';
  const VALID = `beforeValidate ${FORWARD} ${DONE} afterValidate`;
  const AFTER_TRAIN = `afterTrain ${VALID} afterEpoch cleanupEpoch`;
  const AFTER = 'afterFit cleanupFit';
  const training = ({ phase }: FitLoop) => phase === 'train';
  const validating = ({ phase }: FitLoop) => phase === 'valid';

  type Case = [
    name: string,
    event: EventName,
    error: () => Error,
    when: (loop: FitLoop) => boolean,
    trace: string,
    steps: number,
  ];
  const cases: Case[] = [
    // CancelStep: on to afterBatch, and the step does not count.
    ...(['afterPred', 'afterLoss', 'afterBackward', 'beforeStep', 'afterStep'] as const).map(
      (event): Case => [
        'CancelStep',
        event,
        () => new CancelStep(),
        training,
        `${BEFORE} ${STEP.slice(0, STEP.indexOf(event) + event.length)} ${DONE} ${BATCH} ${AFTER_TRAIN} ${AFTER}`,
        event === 'afterStep' ? 2 : 1,
      ],
    ),
    // CancelBatch: on to afterBatch.
    [
      'CancelBatch',
      'beforeBatch',
      () => new CancelBatch(),
      training,
      `${BEFORE} beforeBatch ${DONE} ${BATCH} ${AFTER_TRAIN} ${AFTER}`,
      1,
    ],
    [
      'CancelBatch',
      'afterLoss',
      () => new CancelBatch(),
      training,
      `${BEFORE} ${FORWARD} ${DONE} ${BATCH} ${AFTER_TRAIN} ${AFTER}`,
      1,
    ],
    [
      'CancelBatch',
      'afterBatch',
      () => new CancelBatch(),
      training,
      `${BEFORE} ${BATCH} ${BATCH} ${AFTER_TRAIN} ${AFTER}`,
      2,
    ],
    [
      'CancelBatch',
      'afterPred',
      () => new CancelBatch(),
      validating,
      `${BEFORE} ${BATCH} ${BATCH} afterTrain beforeValidate beforeBatch afterPred ${DONE} afterValidate afterEpoch cleanupEpoch ${AFTER}`,
      2,
    ],
    // CancelTrain: no afterBatch, on to afterTrain and validation.
    [
      'CancelTrain',
      'beforeTrain',
      () => new CancelTrain(),
      training,
      `${BEFORE} ${AFTER_TRAIN} ${AFTER}`,
      0,
    ],
    [
      'CancelTrain',
      'afterLoss',
      () => new CancelTrain(),
      training,
      `${BEFORE} ${FORWARD} cleanupBatch ${AFTER_TRAIN} ${AFTER}`,
      0,
    ],
    [
      'CancelTrain',
      'afterStep',
      () => new CancelTrain(),
      training,
      `${BEFORE} ${STEP} cleanupBatch ${AFTER_TRAIN} ${AFTER}`,
      1,
    ],
    [
      'CancelTrain',
      'afterTrain',
      () => new CancelTrain(),
      training,
      `${BEFORE} ${BATCH} ${BATCH} ${AFTER_TRAIN} ${AFTER}`,
      2,
    ],
    // CancelValidate: on to afterValidate.
    [
      'CancelValidate',
      'beforeValidate',
      () => new CancelValidate(),
      validating,
      `${BEFORE} ${BATCH} ${BATCH} afterTrain beforeValidate afterValidate afterEpoch cleanupEpoch ${AFTER}`,
      2,
    ],
    [
      'CancelValidate',
      'afterPred',
      () => new CancelValidate(),
      validating,
      `${BEFORE} ${BATCH} ${BATCH} afterTrain beforeValidate beforeBatch afterPred cleanupBatch afterValidate afterEpoch cleanupEpoch ${AFTER}`,
      2,
    ],
    // CancelEpoch: no validation, on to afterEpoch.
    [
      'CancelEpoch',
      'beforeEpoch',
      () => new CancelEpoch(),
      training,
      `beforeFit beforeEpoch afterEpoch cleanupEpoch ${AFTER}`,
      0,
    ],
    [
      'CancelEpoch',
      'afterBackward',
      () => new CancelEpoch(),
      training,
      `${BEFORE} ${FORWARD} afterBackward cleanupBatch afterEpoch cleanupEpoch ${AFTER}`,
      0,
    ],
    [
      'CancelEpoch',
      'beforeValidate',
      () => new CancelEpoch(),
      validating,
      `${BEFORE} ${BATCH} ${BATCH} afterTrain beforeValidate afterEpoch cleanupEpoch ${AFTER}`,
      2,
    ],
    // CancelFit: every scope that was entered is cleaned up, on to afterFit.
    ['CancelFit', 'beforeFit', () => new CancelFit(), training, `beforeFit ${AFTER}`, 0],
    [
      'CancelFit',
      'afterStep',
      () => new CancelFit(),
      training,
      `${BEFORE} ${STEP} cleanupBatch cleanupEpoch ${AFTER}`,
      1,
    ],
    [
      'CancelFit',
      'afterPred',
      () => new CancelFit(),
      validating,
      `${BEFORE} ${BATCH} ${BATCH} afterTrain beforeValidate beforeBatch afterPred cleanupBatch cleanupEpoch ${AFTER}`,
      2,
    ],
    [
      'CancelFit',
      'afterEpoch',
      () => new CancelFit(),
      training,
      `${BEFORE} ${BATCH} ${BATCH} ${AFTER_TRAIN} ${AFTER}`,
      2,
    ],
    [
      'CancelFit',
      'afterFit',
      () => new CancelFit(),
      training,
      `${BEFORE} ${BATCH} ${BATCH} ${AFTER_TRAIN} ${AFTER}`,
      2,
    ],
  ];

  it.each(cases)('%s at %s', async (_name, event, error, when, expected, steps) => {
    const { learner } = line();
    const trace: string[] = [];
    let counted = 0;
    await expectNoLeak(() =>
      learner.fit(1, [
        tracer(trace, { name: 'a' }),
        throwing(event, error, when),
        at('cleanupFit', ({ step }) => (counted = step)),
      ]),
    );
    expect(trace).toEqual(words(expected));
    expect(counted).toBe(steps);
  });

  it('inside the tape leaves no prediction to look at', async () => {
    const seen: unknown[] = [];
    const look: Callback = {
      name: 'look',
      afterBatch: ({ phase, pred, loss }) => void seen.push(phase, pred, loss),
    };
    const { learner } = line({ data: { train: points([1], [2], 1) } });
    await learner.fit(1, [look, throwing('afterLoss', () => new CancelBatch())]);
    expect(seen).toEqual(['train', undefined, undefined]);
  });

  it('reaches the next epoch', async () => {
    const trace: string[] = [];
    await line({ data: { train: points([1], [2], 1) } }).learner.fit(2, [
      tracer(trace, { name: 'a', events: ['beforeBatch', 'afterEpoch'] }),
      throwing('beforeBatch', () => new CancelEpoch()),
    ]);
    expect(trace).toEqual(words('beforeBatch afterEpoch beforeBatch afterEpoch'));
  });

  it('skips the callbacks that come after at that event, and counts the batch all the same', async () => {
    const batches: number[] = [];
    const late = jest.fn();
    await line().learner.fit(2, [
      throwing('afterBatch', () => new CancelTrain(), training, 'early'),
      at('afterBatch', late, 'late'),
      at('beforeBatch', ({ phase, batch }) => phase === 'train' && batches.push(batch)),
    ]);
    // Batch 0 is the only one of epoch 0; late sees its validation and the whole of epoch 1.
    expect(batches).toEqual([0, 1, 2]);
    expect(late).toHaveBeenCalledTimes(4);
  });

  it('keeps the history so far', async () => {
    const { learner } = line();
    const history = await learner.fit(3, [
      throwing(
        'beforeBatch',
        () => new CancelFit(),
        ({ epoch }) => epoch === 1,
      ),
    ]);
    expect(history.rows.map(({ epoch }) => epoch)).toEqual([0]);
  });

  it.each<[string, EventName, Error, (loop: FitLoop) => boolean]>([
    ['CancelStep', 'beforeBatch', new CancelStep(), training],
    ['CancelStep in validation', 'afterLoss', new CancelStep(), validating],
    ['CancelBatch', 'beforeEpoch', new CancelBatch(), training],
    ['CancelTrain in validation', 'afterPred', new CancelTrain(), validating],
    ['CancelValidate', 'afterStep', new CancelValidate(), training],
    ['CancelEpoch', 'afterFit', new CancelEpoch(), training],
    ['CancelFit', 'cleanupFit', new CancelFit(), training],
  ])('%s thrown outside of its scope at %s says so', async (_name, event, cancel, when) => {
    const { learner } = line();
    await expectNoLeak(async () => {
      const error = await rejection(learner.fit(1, [throwing(event, () => cancel, when)]));
      const scope = cancel.name.replace('Cancel', '').toLowerCase();
      expect(error.message).toBe(
        `thrower.${event}: ${cancel.name} was thrown outside of the loop's ${scope}`,
      );
    });
    await learner.fit(1);
  });
});

describe('an error', () => {
  const cause = new Error('out of paper');

  it.each(EVENTS)(
    'at %s names callback and event, and leaves the learner usable',
    async (event) => {
      const { learner } = line();
      const cleaned: string[] = [];
      const clean = (name: string): Callback => ({
        name,
        cleanupBatch: () => void cleaned.push(`${name}.batch`),
        cleanupEpoch: () => void cleaned.push(`${name}.epoch`),
        cleanupFit: () => void cleaned.push(`${name}.fit`),
      });
      await expectNoLeak(async () => {
        const error = await rejection(
          learner.fit(1, [clean('a'), throwing(event, () => cause), clean('z')]),
        );
        expect(error).toBeInstanceOf(CallbackError);
        expect(error.message).toBe(`thrower.${event}: out of paper`);
        expect(error.cause).toBe(cause);
        expect(error).toMatchObject({ callback: 'thrower', event });
        expect(cleaned.slice(-2)).toEqual(['z.fit', 'a.fit']);
      });
      await expectNoLeak(() => learner.fit(1));
    },
  );

  it('of an async callback is named as well', async () => {
    const error = await rejection(
      line().learner.fit(1, [at('beforeStep', () => Promise.reject(cause), 'slow')]),
    );
    expect(error.message).toBe('slow.beforeStep: out of paper');
    expect(error.cause).toBe(cause);
  });

  it('that is not an Error is named as well', async () => {
    const error = await rejection(line().learner.fit(1, [throwing('afterStep', () => 'a word')]));
    expect(error.message).toBe('thrower.afterStep: a word');
    expect(error.cause).toBe('a word');
  });

  it('lets every cleanup run, even where one of them fails; the first error gets out', async () => {
    const trace: string[] = [];
    const cleanups = ['cleanupBatch', 'cleanupEpoch', 'cleanupFit'] as const;
    const error = await rejection(
      line().learner.fit(1, [
        tracer(trace, { name: 'a', events: cleanups }),
        {
          name: 'b',
          cleanupBatch: () => Promise.reject(new Error('second')),
          cleanupEpoch: () => {
            throw new Error('third');
          },
        },
        throwing('afterBackward', () => new Error('first'), undefined, 'c'),
      ]),
    );
    expect(error.message).toBe('c.afterBackward: first');
    expect(trace).toEqual(words('cleanupBatch cleanupEpoch cleanupFit'));
  });

  it('in a cleanup is not hidden by a cancel', async () => {
    const error = await rejection(
      line().learner.fit(1, [
        throwing('afterStep', () => new CancelFit()),
        throwing('cleanupBatch', () => cause, undefined, 'cleaner'),
        throwing('cleanupBatch', () => new CancelFit(), undefined, 'zeal'),
      ]),
    );
    expect(error.message).toBe('cleaner.cleanupBatch: out of paper');
  });

  it('in the handler of a signal names the handler', async () => {
    const error = await rejection(
      line().learner.fit(1, [
        { ...at('afterStep', (loop) => loop.signal('sync'), 'sender'), provides: ['sync'] },
        {
          name: 'listener',
          signals: {
            sync: () => {
              throw cause;
            },
          },
        },
      ]),
    );
    expect(error.message).toBe('listener.signals["sync"]: out of paper');
  });
});

describe('signals', () => {
  it('run every handler at once, in planned order', async () => {
    const trace: string[] = [];
    const listener = (name: string): Callback => ({
      name,
      signals: { sync: ({ step }) => void trace.push(`${name} ${step}`) },
    });
    await line({ data: { train: points([1, 2], [2, 4], 1) } }).learner.fit(1, [
      listener('z'),
      listener('a'),
      {
        name: 'sender',
        provides: ['sync', 'nobody listens'],
        afterStep(loop) {
          loop.signal('sync');
          loop.signal('nobody listens');
          trace.push('sent');
        },
      },
    ]);
    expect(trace).toEqual(['a 1', 'z 1', 'sent', 'a 2', 'z 2', 'sent']);
  });
});

describe('a signal', () => {
  it('that nobody provides is refused where it is sent', async () => {
    const sender = at('afterStep', (loop) => loop.signal('snyc'), 'sender');
    expect((await rejection(line().learner.fit(1, [sender]))).message).toBe(
      'sender.afterStep: no callback of this fit provides the signal "snyc"',
    );
  });

  it('has to be handled synchronously', async () => {
    const error = await rejection(
      line().learner.fit(1, [
        { ...at('afterStep', (loop) => loop.signal('sync'), 'sender'), provides: ['sync'] },
        // @ts-expect-error: nobody would wait for it
        { name: 'listener', signals: { sync: () => Promise.resolve() } },
      ]),
    );
    expect(error.message).toBe(
      'listener.signals["sync"]: must be synchronous, its sender does not wait',
    );
  });
});

describe('events inside the gradient tape', () => {
  it.each(['afterPred', 'afterLoss'] as const)('%s has to be synchronous', async (event) => {
    const { learner } = line();
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    await expectNoLeak(async () => {
      const error = await rejection(
        learner.fit(1, [at(event, () => Promise.reject(new Error('later')), 'slow')]),
      );
      expect(error.message).toBe(
        `slow.${event}: must be synchronous, it runs inside the gradient tape`,
      );
    });
    await new Promise(setImmediate);
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('change what is differentiated', async () => {
    // pred 2wx and loss 3·mean((2wx − 2x)²): at w = 0, x = 1 the gradient is 3·2·(−2)·2 = −24, so w = 0.24.
    const { learner, value } = line({ data: { train: points([1], [2], 1) } });
    const history = await learner.fit(1, [
      {
        name: 'doubles',
        afterPred(loop) {
          loop.pred = tf.mul(loop.pred as tf.Tensor, 2);
        },
        afterLoss(loop) {
          loop.loss = tf.mul(loop.loss, 3);
        },
      },
    ]);
    expect(value()).toBeCloseTo(0.24, 6);
    expect(history.last?.trainLoss).toBeCloseTo(12, 5);
  });

  it('refuse a loss that is no scalar any more', async () => {
    const vector: Callback = {
      name: 'vector',
      afterLoss(loop) {
        loop.loss = tf.ones([2, 3]) as unknown as tf.Scalar;
      },
    };
    await expect(line().learner.fit(1, [vector])).rejects.toThrow(
      /loss must be a scalar, got shape \[2, 3\]/,
    );
  });
});

describe('what a callback may change', () => {
  const one = () => line({ data: { train: points([1, 2], [2, 4], 2) } });

  it('is the batch: its size follows, and what was put in is freed', async () => {
    const { learner, value } = one();
    const sizes: number[] = [];
    await expectNoLeak(async () => {
      const history = await learner.fit(1, [
        {
          name: 'doubles the batch',
          beforeBatch(loop) {
            const [x, y] = [loop.x as tf.Tensor, loop.y as tf.Tensor];
            loop.x = tf.concat([x, x]);
            loop.y = tf.concat([y, y]);
            loop.weights = tf.tensor1d([4, 0, 0, 0]);
            sizes.push(loop.size);
          },
        },
      ]);
      // Only (1, 2) counts: loss mean(4·4, 0, 0, 0) = 4, gradient 2·(−2)·1 = −4.
      expect(history.last?.trainLoss).toBeCloseTo(4, 5);
    });
    expect(value()).toBeCloseTo(0.04, 6);
    expect(sizes).toEqual([4]);
  });

  it('is the gradients: replaced ones are freed, and a callback may free them itself', async () => {
    const { learner, value } = one();
    const clip = (name: string, disposes: boolean): Callback => ({
      name,
      afterBackward(loop) {
        for (const [parameter, gradient] of loop.grads) {
          loop.grads.set(parameter, tf.mul(gradient, 0.5));
          if (disposes) gradient.dispose();
        }
      },
    });
    await expectNoLeak(() => learner.fit(1, [clip('careful', true), clip('careless', false)]));
    // d/dw mean((wx − 2x)²) at 0 is −2·2·mean(1, 4) = −10; a quarter of it times lr 0.01.
    expect(value()).toBeCloseTo(0.025, 6);
  });

  it('leaves missing gradients alone', async () => {
    const { learner, value } = one();
    await learner.fit(1, [
      {
        name: 'takes it away',
        afterBackward({ grads }) {
          grads.clear();
        },
      },
    ]);
    expect(value()).toBe(0);
  });
});

describe('types', () => {
  type Loop<E extends EventName> = Parameters<NonNullable<Callback[E]>>[0];

  it('refuse an event that there is not, and what no event can return', () => {
    const callbacks: Callback[] = [
      // @ts-expect-error the event is called afterStep
      { name: 'typo', afterSteps: () => undefined },
      {
        name: 'careless',
        // @ts-expect-error a batch that was cancelled has no prediction
        afterBatch: (loop) => void tf.neg(loop.pred as tf.Tensor | undefined),
      },
      {
        name: 'late',
        // @ts-expect-error the loss has been differentiated by now
        afterBackward: (loop) => void (loop.loss = tf.scalar(0)),
      },
      // @ts-expect-error the tape does not wait
      { name: 'slow', afterPred: () => Promise.resolve() },
    ];
    expect(callbacks).toHaveLength(4);
  });

  it('refuse what is not there yet', () => {
    const there: keyof Loop<'afterBackward'> = 'grads';
    // @ts-expect-error there are no gradients before the batch
    const early: keyof Loop<'beforeBatch'> = 'grads';
    // @ts-expect-error nor is there a batch before the epoch
    const earlier: keyof Loop<'beforeEpoch'> = 'x';
    expect([there, early, earlier]).toEqual(['grads', 'grads', 'x']);
  });
});

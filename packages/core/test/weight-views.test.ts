import type { Callback, FitLoop } from '@tfloop/core';
import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { at, expectNoLeak, line, rejection } from './fixtures.ts';

/** Provides a view of the weight 1, whatever the optimizer does. */
function provides(name: string, also: Partial<Callback> = {}): Callback {
  let weights: Map<string, tf.Tensor> | undefined;
  return {
    name: `provides ${name}`,
    ...also,
    beforeFit(loop) {
      const weight = tf.scalar(1);
      weights = new Map([['weight', weight]]);
      loop.views.provide(name, () => weights ?? new Map());
      return also.beforeFit?.(loop);
    },
    cleanupFit() {
      tf.dispose([...(weights?.values() ?? [])]);
    },
  };
}

const validatesOn = (view: string): Partial<Callback> => ({
  beforeFit: (loop) => {
    loop.views.validateOn(view, `provides ${view}`);
  },
});

describe('weight views', () => {
  it('are fast alone, where nobody provides one', async () => {
    const names: string[] = [];
    await line().learner.fit(1, [
      at('beforeFit', ({ views }) => names.push(...views.names, views.validation)),
    ]);
    expect(names).toEqual(['fast', 'fast']);
  });

  it('show other weights and put the training weights back', async () => {
    const { learner, value } = line();
    const seen: number[] = [];
    await expectNoLeak(() =>
      learner.fit(1, [
        provides('slow'),
        at('afterEpoch', ({ views }) => {
          expect(views.names).toEqual(['fast', 'slow']);
          for (const view of ['fast', 'slow', 'fast']) {
            const restore = views.show(view);
            seen.push(value());
            restore();
            // A second call is harmless.
            restore();
          }
          seen.push(value());
        }),
      ]),
    );
    const [before, slow, again, after] = seen as [number, number, number, number];
    expect(before).toBeGreaterThan(0);
    expect(slow).toBe(1);
    expect([again, after]).toEqual([before, before]);
    expect(value()).toBe(before);
  });

  it('are not put back by whoever showed another one before', async () => {
    const { learner, value } = line();
    const seen: number[] = [];
    await learner.fit(1, [
      provides('slow'),
      at('afterEpoch', ({ views }) => {
        const first = views.show('slow');
        first();
        const second = views.show('slow');
        first();
        seen.push(value());
        second();
        seen.push(value());
      }),
    ]);
    expect(seen).toEqual([1, value()]);
  });

  it('show one over another, the training weights too', async () => {
    const { learner, value } = line();
    const seen: number[] = [];
    await expectNoLeak(() =>
      learner.fit(1, [
        provides('slow'),
        at('afterEpoch', ({ views }) => {
          const back = [views.show('slow'), views.show('fast'), views.show('slow')];
          for (const restore of back.reverse()) {
            seen.push(value());
            restore();
          }
          seen.push(value());
        }),
      ]),
    );
    expect(seen).toEqual([1, value(), 1, value()]);
  });

  it('can be what validation sees, and training does not', async () => {
    const { learner, value } = line();
    const seen: [string, number][] = [];
    await expectNoLeak(async () => {
      const history = await learner.fit(1, [
        provides('slow', validatesOn('slow')),
        at('afterPred', ({ phase }) => seen.push([phase, value()])),
        at('afterEpoch', () => seen.push(['after', value()])),
      ]);
      // At weight 1 the one validation example (1, 1) is met exactly.
      expect(history.last?.validLoss).toBe(0);
    });
    expect(seen.filter(([phase]) => phase === 'valid')).toEqual([['valid', 1]]);
    expect(seen[0]).toEqual(['train', 0]);
    expect(seen.at(-1)).toEqual(['after', value()]);
    expect(value()).not.toBe(1);
  });

  it('are put back where validation or a consumer fails', async () => {
    for (const event of ['afterLoss', 'afterEpoch'] as const) {
      const { learner, value } = line();
      let trained = NaN;
      await expectNoLeak(() =>
        rejection(
          learner.fit(1, [
            provides('slow', event === 'afterLoss' ? validatesOn('slow') : {}),
            at('afterTrain', () => (trained = value()), 'look'),
            at(event, ({ phase, views }: FitLoop) => {
              if (event === 'afterLoss' && phase === 'train') return;
              if (event === 'afterEpoch') views.show('slow');
              expect(value()).toBe(1);
              throw new Error('no');
            }),
          ]),
        ),
      );
      expect(value()).toBe(trained);
    }
  });

  it('are put back where a view does not fit', async () => {
    const { learner, value } = line();
    await expectNoLeak(async () => {
      const wrong = tf.zeros([2]);
      const error = await rejection(
        learner.fit(1, [
          at('beforeFit', ({ views }) => {
            views.provide('wrong', () => new Map([['weight', wrong]]));
            views.show('wrong');
          }),
        ]),
      );
      expect(error.message).toMatch(/^at beforeFit.beforeFit: .*shape/);
      wrong.dispose();
    });
    expect(value()).toBe(0);
  });

  it.each<[string, Callback[], RegExp]>([
    [
      'two views of one name',
      [provides('slow'), provides('slow', { name: 'again' })],
      /weight view "slow" is provided by another callback already/,
    ],
    ['a view named fast', [provides('fast')], /weight view "fast" is provided/],
    [
      'two views for validation',
      [provides('ema', validatesOn('ema')), provides('slow', validatesOn('slow'))],
      /provides slow wants to validate on the "slow" weights, but provides ema validates on the "ema" ones/,
    ],
    [
      'a view that is not there',
      [at('beforeFit', ({ views }) => views.show('slow'))],
      /there is no weight view "slow"; there are fast/,
    ],
    [
      'validation on a view that is not there',
      [at('beforeFit', ({ views }) => views.validateOn('slow', 'somebody'))],
      /there is no weight view "slow"; there are fast/,
    ],
  ])('refuse %s', async (_, callbacks, message) => {
    const { learner } = line();
    await expectNoLeak(async () => {
      expect((await rejection(learner.fit(1, callbacks))).message).toMatch(message);
    });
    await learner.fit(1);
  });
});

import { check, type Callback } from '@tfloop/core';
import { checkStep, fitLength } from './fit-length.ts';
import { oneCycleAt, type OneCycleShape } from './one-cycle-at.ts';

/** Options of {@link oneCycle}. */
export interface OneCycleOptions {
  /** The learning rate at the peak, above 0. */
  readonly maxLr: number;
  /**
   * Whose 1cycle: the defaults, where phases end and what `divFinal` divides are those of fastai's
   * `fit_one_cycle` or of PyTorch's `OneCycleLR`.
   * @default 'fastai'
   */
  readonly style?: 'fastai' | 'torch';
  /** Share of the steps on the way up, in [0, 1]; at most one half with three phases. @default 0.25, torch 0.3 */
  readonly pctStart?: number;
  /** The first learning rate is maxLr / div. @default 25 */
  readonly div?: number;
  /** The last learning rate is maxLr / divFinal, in torch's style maxLr / div / divFinal. @default 1e5, torch 1e4 */
  readonly divFinal?: number;
  /** Momentum, or Adam's beta1, at the start, the peak and the end; false leaves it alone. @default [0.95, 0.85, 0.95] */
  readonly momentums?: readonly [start: number, peak: number, end: number] | false;
  /** Come back to the first learning rate as fast as it rose, and go on to the last from there. @default false */
  readonly threePhase?: boolean;
  /** How values move within a phase. @default 'cos' */
  readonly anneal?: 'cos' | 'linear';
  /** Optimizer steps of the cycle. @default the training batches of the fit */
  readonly totalSteps?: number;
}

/**
 * The 1cycle policy: the learning rate rises to `maxLr` and falls far below where it began, while momentum (or
 * Adam's beta1) does the reverse.
 *
 * Counts optimizer steps and sets values before each. With gradient accumulation a step takes several batches:
 * pass `totalSteps`. Nothing is restored: learning rate and momentum stay as the last step had them, and the
 * cycle of a second fit starts anew. Throws in `beforeFit` where the fit's length is unknown and where the
 * optimizer has no momentum to cycle; throws at a step beyond `totalSteps`. The values are those of
 * `oneCycleAt`. Smith and Topin, "Super-convergence", arXiv 1708.07120.
 */
export function oneCycle(options: OneCycleOptions): Callback {
  const { totalSteps, ...rest } = check.options('oneCycle', options);
  const shape = oneCycleShape(rest);
  if (totalSteps !== undefined) check.integer('oneCycle', 'totalSteps', totalSteps, { min: 1 });
  let total = NaN;
  let momentumName: string | undefined;

  return {
    name: 'oneCycle',
    options: { ...shape, totalSteps },
    owns: shape.momentums ? ['lr', 'momentum'] : ['lr'],

    beforeFit(loop) {
      total = fitLength(totalSteps, loop);
      if (Number.isNaN(total))
        throw new Error('the length of this fit is unknown; pass totalSteps');
      momentumName = shape.momentums ? loop.optimizer.momentumName : undefined;
      if (shape.momentums && momentumName === undefined)
        throw new Error(
          `optimizer "${loop.optimizer.name}" has no momentum to cycle; pass momentums: false, or give the optimizer momentum`,
        );
    },

    beforeStep({ optimizer, step }) {
      checkStep(step, total);
      const { lr, momentum } = oneCycleAt(step, total, shape);
      optimizer.set('lr', lr);
      if (momentumName && momentum !== undefined) optimizer.set(momentumName, momentum);
    },
  };
}

/** The style's defaults, and what was given in their place. */
function oneCycleShape({
  maxLr,
  style = 'fastai',
  pctStart = style === 'torch' ? 0.3 : 0.25,
  div = 25,
  divFinal = style === 'torch' ? 1e4 : 1e5,
  momentums = [0.95, 0.85, 0.95],
  threePhase = false,
  anneal = 'cos',
  ...unknown
}: Omit<OneCycleOptions, 'totalSteps'>): OneCycleShape {
  const shape = { style, maxLr, pctStart, div, divFinal, momentums, threePhase, anneal };
  check.known('oneCycle', unknown, [...Object.keys(shape), 'totalSteps']);
  check.number('oneCycle', 'maxLr', maxLr, { above: 0 });
  check.oneOf('oneCycle', 'style', style, ['fastai', 'torch']);
  check.number('oneCycle', 'pctStart', pctStart, { min: 0, max: threePhase ? 0.5 : 1 });
  check.number('oneCycle', 'div', div, { above: 0 });
  check.number('oneCycle', 'divFinal', divFinal, { above: 0 });
  check.oneOf('oneCycle', 'threePhase', threePhase, [true, false]);
  check.oneOf('oneCycle', 'anneal', anneal, ['cos', 'linear']);
  const three: unknown = momentums;
  const isThree = Array.isArray(three) && three.length === 3;
  check.that(
    'oneCycle',
    'momentums',
    three,
    three === false || isThree,
    '[start, peak, end] or false',
  );
  if (momentums) {
    momentums.forEach((momentum, i) => {
      check.number('oneCycle', `momentums[${i}]`, momentum, { min: 0, below: 1 });
    });
  }
  return shape;
}

import type { SlotKind } from '../update-rule.ts';
import type { TfjsList } from './fields.ts';

/** What the adapter has to know of one of tfjs's optimizers. */
export interface TfjsKind {
  /** The field that serves as momentum. */
  readonly momentum?: 'momentum' | 'beta1';
  readonly slots: readonly TfjsSlot[];
  /** State that is one number for all parameters. */
  readonly scalars: readonly ('accBeta1' | 'accBeta2' | 'iteration')[];
}

/** A slot of all parameters. */
export interface TfjsSlot extends SlotKind {
  /** As tfjs's saved weights call it. */
  readonly name: string;
  readonly list: TfjsList;
  /** The field with the value that the slot begins with, where that is not 0. */
  readonly initialField?: 'initialAccumulatorValue';
  /** The running product that corrects the bias of this slot in all parameters. */
  readonly product?: { readonly name: 'accBeta1' | 'accBeta2'; readonly factor: 'beta1' | 'beta2' };
}

const firstMoment: TfjsSlot = {
  name: 'm',
  list: 'accumulatedFirstMoment',
  role: 'first-moment',
  product: { name: 'accBeta1', factor: 'beta1' },
};

/** The optimizers of `tf.train` by class name. */
export const kinds: ReadonlyMap<string, TfjsKind> = new Map<string, TfjsKind>([
  ['SGD', { slots: [], scalars: [] }],
  [
    'Momentum',
    {
      momentum: 'momentum',
      slots: [{ name: 'momentum', list: 'accumulations', role: 'first-moment' }],
      scalars: [],
    },
  ],
  [
    'Adagrad',
    {
      slots: [
        {
          name: 'accumulator',
          list: 'accumulatedGrads',
          role: 'second-moment',
          initialField: 'initialAccumulatorValue',
        },
      ],
      scalars: [],
    },
  ],
  [
    'Adadelta',
    {
      slots: [
        { name: 'accum_grad', list: 'accumulatedGrads', role: 'second-moment' },
        // A step is a ratio of the two.
        {
          name: 'accum_var',
          list: 'accumulatedUpdates',
          role: 'other',
          resetWith: 'second-moment',
        },
      ],
      scalars: [],
    },
  ],
  [
    'Adam',
    {
      momentum: 'beta1',
      slots: [
        firstMoment,
        {
          name: 'v',
          list: 'accumulatedSecondMoment',
          role: 'second-moment',
          product: { name: 'accBeta2', factor: 'beta2' },
        },
      ],
      scalars: ['accBeta1', 'accBeta2'],
    },
  ],
  [
    'Adamax',
    {
      momentum: 'beta1',
      slots: [
        firstMoment,
        { name: 'v', list: 'accumulatedWeightedInfNorm', role: 'second-moment' },
      ],
      scalars: ['accBeta1', 'iteration'],
    },
  ],
  [
    'RMSProp',
    {
      momentum: 'momentum',
      slots: [
        { name: 'rms', list: 'accumulatedMeanSquares', role: 'second-moment' },
        { name: 'momentum', list: 'accumulatedMoments', role: 'first-moment' },
        // The old mean with new squares would give a negative variance.
        {
          name: 'mg',
          list: 'accumulatedMeanGrads',
          role: 'other',
          resetWith: 'second-moment',
        },
      ],
      scalars: [],
    },
  ],
]);

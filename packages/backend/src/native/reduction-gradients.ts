import { div, reshape, util } from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { integers } from './constants.ts';
import { gradient, type GradientCall } from './gradient.ts';
import { floats, ints, run } from './tensorflow.ts';

type Call = GradientCall<{ readonly axis: number | number[] }>;

/** Of a sum: `dy` for every number that was summed. Stock multiplies by ones. */
export const sumGradient = gradient('Sum', (call: Call) => spread(call, call.dy));

/** Of a mean: its share of `dy` for every number, divided before it is spread. */
export const meanGradient = gradient('Mean', (call: Call) =>
  spread(call, div(call.dy, call.saved.size / call.dy.size)),
);

function spread({ backend, saved: { shape }, attrs: { axis } }: Call, share: Tensor): Tensor {
  const axes = util.parseAxisParam(axis, shape);
  const kept = shape.map((size, i) => (axes.includes(i) ? 1 : size));
  return run(
    backend,
    'BroadcastTo',
    [reshape(share, kept), integers(backend, shape)],
    [floats(backend, 'T'), ints(backend, 'Tidx')],
  );
}

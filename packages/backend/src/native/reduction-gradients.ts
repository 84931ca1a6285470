import { util, type Tensor } from '@tensorflow/tfjs';
import { chain, type Chain, type Operand } from './chain.ts';
import { integers } from './constants.ts';
import { gradient, type GradientCall } from './gradient.ts';
import { floats, ints, type Made } from './tensorflow.ts';

/** The gradient of a reduction is asked for. */
export type ReductionCall = GradientCall<{ readonly axis: number | number[] }>;

/** Of a sum: `dy` for every number that was summed. Stock multiplies by ones. */
export const sumGradient = gradient('Sum', (call: ReductionCall) => {
  const [dx] = chain(call.backend, (ops) => [spread(ops, call, call.dy)]);
  return dx;
});

/** Of a mean: its share of `dy` for every number, divided before it is spread. */
export const meanGradient = gradient('Mean', shareOfMean);

/** What {@link meanGradient} computes. */
export function shareOfMean(call: ReductionCall): Tensor {
  const { backend, dy, saved } = call;
  const [dx] = chain(backend, (ops) => {
    const share = ops.run('RealDiv', [dy, saved.size / dy.size], [floats(backend, 'T')]);
    return [spread(ops, call, share)];
  });
  return dx;
}

function spread(
  { run }: Chain,
  { backend, dy, saved: { shape }, attrs: { axis } }: ReductionCall,
  share: Operand,
): Made {
  const axes = util.parseAxisParam(axis, shape);
  const kept = shape.map((size, i) => (axes.includes(i) ? 1 : size));
  const T = floats(backend, 'T');
  // A single number broadcasts as it is.
  const aligned =
    dy.rank === 0
      ? share
      : run('Reshape', [share, integers(backend, kept)], [T, ints(backend, 'Tshape')]);
  return run('BroadcastTo', [aligned, integers(backend, shape)], [T, ints(backend, 'Tidx')]);
}

import { chain } from './chain.ts';
import { fusedOverride } from './fused-override.ts';
import { bool, floats, run, text } from './tensorflow.ts';

/**
 * A dense layer, of which the engine sees the answer alone. TensorFlow's own fused op is told what it fuses by a list of
 * texts, and the add-on can't hand one over.
 */
export const dense = fusedOverride(
  'TfloopDense',
  ({ inputs: { x, kernel, bias }, attrs: { relu }, backend }) =>
    chain(backend, (ops) => {
      const T = floats(backend, 'T');
      const asTheyAre = [T, bool(backend, 'adj_x', false), bool(backend, 'adj_y', false)];
      const product = ops.run('BatchMatMulV2', [x, kernel], asTheyAre);
      const sum = bias
        ? ops.run('BiasAdd', [product, bias], [T, text(backend, 'data_format', 'NHWC')])
        : product;
      return [relu ? ops.run('Relu', [sum], [T]) : sum];
    }),
);

/** The gradient before a ReLU. */
export const reluGrad = fusedOverride('TfloopReluGrad', ({ inputs: { dy, y }, backend }) => [
  run(backend, 'ReluGrad', [dy, y], [floats(backend, 'T')]),
]);

import { backend as currentBackend, broadcast_util, engine } from '@tensorflow/tfjs';
import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import { gradientOverride } from '../overrides/gradient-override.ts';
import { arithmetic } from './arithmetic.ts';
import { chain } from './chain.ts';
import { integers } from './constants.ts';
import { override } from './override.ts';
import { bool, floats, ints, type TensorFlow } from './tensorflow.ts';

interface Inputs {
  readonly x: TensorInfo;
  readonly alpha: TensorInfo;
}

/** PReLU; stock composes it of six ops, and ∞ is NaN in it. */
export const prelu = override<Inputs, object>(
  'Prelu',
  'slow',
  ({ inputs: { x, alpha }, backend }, stock) => {
    if (x.dtype !== 'float32' || alpha.dtype !== 'float32') return stock();
    const [y] = chain(backend, ({ run }) => {
      const { greater, mul, select } = arithmetic(backend, run);
      return [select(greater(0, x), mul(x, alpha), x)];
    });
    return y;
  },
);

/** Its gradients by what goes in and by the slopes, which may be shared by axes that have one number of them. */
export const preluGradient = gradientOverride('tensorflow', 'Prelu', 'slow', (dys, [x, alpha]) => {
  const dy = dys as Tensor;
  const isOurs =
    engine().state.gradientDepth === 0 && x?.dtype === 'float32' && alpha?.dtype === 'float32';
  if (!isOurs) return undefined;
  const backend = currentBackend() as TensorFlow;
  return {
    x: () => {
      const [dx] = chain(backend, ({ run }) => {
        const { greater, mul, select } = arithmetic(backend, run);
        return [select(greater(x, 0), dy, mul(dy, alpha))];
      });
      return dx;
    },
    alpha: () => {
      const [slopes] = chain(backend, ({ run }) => {
        const { minimum, mul } = arithmetic(backend, run);
        const T = floats(backend, 'T');
        const each = mul(dy, minimum(x, 0));
        const axes = broadcast_util.getReductionAxes(alpha.shape, dy.shape);
        const sum = run(
          'Sum',
          [each, integers(backend, axes)],
          [bool(backend, 'keep_dims', false), T, ints(backend, 'Tidx')],
        );
        return [
          run('Reshape', [sum, integers(backend, alpha.shape)], [T, ints(backend, 'Tshape')]),
        ];
      });
      return slopes;
    },
  };
});

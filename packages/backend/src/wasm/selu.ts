import { backend_util } from '@tensorflow/tfjs';
import type { TensorInfo } from '@tensorflow/tfjs';
import { compose } from './compose.ts';
import { override } from './override.ts';

const scale = backend_util.SELU_SCALE;
const alpha = backend_util.SELU_SCALEALPHA / scale;

/** SELU as ELU of XNNPACK's, below 0 times alpha, in all times the scale; the stock kernel takes numbers one by one. */
export const selu = override<{ x: TensorInfo }, object>(
  'Selu',
  'slow',
  ({ inputs: { x }, backend }, stock) => {
    if (x.dtype !== 'float32') return stock();
    return compose(backend, (run) => {
      const bent = run('LeakyRelu', { x: run('Elu', { x }) }, { alpha });
      return run('Multiply', {
        a: bent,
        b: run('Fill', {}, { shape: [], value: scale, dtype: 'float32' }),
      });
    });
  },
);

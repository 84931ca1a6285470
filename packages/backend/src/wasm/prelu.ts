import { util } from '@tensorflow/tfjs';
import type { TensorInfo } from '@tensorflow/tfjs';
import { asDtype } from './as-dtype.ts';
import { compose } from './compose.ts';
import { override } from './override.ts';

/**
 * PReLU; the stock kernel takes slopes for those of the last axes, whatever their shape says, and their bits for floats, whatever
 * their dtype.
 */
export const prelu = override<{ x: TensorInfo; alpha: TensorInfo }, object>(
  'Prelu',
  'wrong',
  ({ inputs: { x, alpha }, backend }, stock) => {
    if (x.dtype !== 'float32' || alpha.dtype !== 'float32')
      return compose(backend, (run) => {
        const [of, slopes] = [asDtype(run, x, 'float32'), asDtype(run, alpha, 'float32')];
        return run('Prelu', { x: of, alpha: slopes });
      });
    const first = alpha.shape.findIndex((size) => size !== 1);
    const slopes = first === -1 ? [] : alpha.shape.slice(first);
    const last = x.shape.slice(Math.max(0, x.shape.length - slopes.length));
    if (util.arraysEqual(slopes, last)) return stock();
    return compose(backend, (run) => {
      const zero = run('Fill', {}, { shape: [], value: 0, dtype: 'float32' });
      const condition = run('Less', { a: x, b: zero });
      return run('Select', { condition, t: run('Multiply', { a: x, b: alpha }), e: x });
    });
  },
);

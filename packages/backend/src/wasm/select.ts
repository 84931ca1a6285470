import { upcastType, util } from '@tensorflow/tfjs';
import type { TensorInfo } from '@tensorflow/tfjs';
import { asDtype } from './as-dtype.ts';
import { compose } from './compose.ts';
import { allocate, sizeOf } from './heap.ts';
import { override } from './override.ts';
import { address } from './side/address.ts';
import { sideKernels } from './side/side-module.ts';

/**
 * `tf.where` of three tensors of one shape, by the side module: gradients of PReLU, `clipByValue`, `maximum` and many others
 * choose. The stock kernel calls a function for each number, and copies 32 bits of each, whatever the dtype: more than bools
 * have, and of two dtypes the bits of one as numbers of the other.
 */
export const select = override<{ condition: TensorInfo; t: TensorInfo; e: TensorInfo }, object>(
  'Select',
  'wrong',
  ({ inputs: { condition, t, e }, backend }, stock) => {
    const dtype = upcastType(t.dtype, e.dtype);
    if (dtype === 'bool' || t.dtype !== e.dtype)
      return compose(backend, (run) => {
        const wide = dtype === 'float32' ? dtype : 'int32';
        const [a, b] = [asDtype(run, t, wide), asDtype(run, e, wide)];
        const chosen = run('Select', { condition, t: a, e: b });
        return dtype === 'bool' ? asDtype(run, chosen, dtype) : chosen;
      });
    const side = sideKernels(backend);
    const { shape } = t;
    const areSame = [condition, e].every((other) => util.arraysEqual(other.shape, shape));
    if (!side || !areSame || (dtype !== 'float32' && dtype !== 'int32')) return stock();
    const at = {
      condition: address(backend, condition, 'bool'),
      a: address(backend, t, dtype),
      b: address(backend, e, dtype),
    };
    const result = allocate(backend, shape, dtype);
    side.select({ out: address(backend, result, dtype), size: sizeOf(shape), ...at });
    return result;
  },
);

/** `tf.logicalAnd` of two tensors of one shape, as `select`. */
export const logicalAnd = override<{ a: TensorInfo; b: TensorInfo }, object>(
  'LogicalAnd',
  'slow',
  ({ inputs: { a, b }, backend }, stock) => {
    const side = sideKernels(backend);
    if (!side || !util.arraysEqual(a.shape, b.shape)) return stock();
    const at = { a: address(backend, a, 'bool'), b: address(backend, b, 'bool') };
    const result = allocate(backend, a.shape, 'bool');
    side.logicalAnd({ out: address(backend, result, 'bool'), size: sizeOf(a.shape), ...at });
    return result;
  },
);

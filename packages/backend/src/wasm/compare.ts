import { util } from '@tensorflow/tfjs';
import type { TensorInfo } from '@tensorflow/tfjs';
import type { Override } from '../overrides/override.ts';
import { allocate, sizeOf } from './heap.ts';
import { override } from './override.ts';
import { address, namedAddresses } from './side/address.ts';
import { sideKernels } from './side/side-module.ts';

/** What holds for a pair of numbers, 1 for true. */
interface Relation {
  readonly less: 0 | 1;
  readonly equal: 0 | 1;
  readonly greater: 0 | 1;
}

/**
 * Compares float32 numbers with as many others or with one, by the side module: gradients of PReLU, `maximum` and
 * `clipByValue` do. The stock kernel calls a function for each.
 */
function comparison(kernelName: string, relation: Relation): Override {
  return override<{ a: TensorInfo; b: TensorInfo }, object>(
    kernelName,
    'slow',
    ({ inputs: { a, b }, backend }, stock) => {
      const side = sideKernels(backend);
      const single = sizeOf(b.shape) === 1 && b.shape.length <= a.shape.length;
      const areFloats = [a, b].every(({ dtype }) => dtype === 'float32');
      if (!side || !areFloats || !(single || util.arraysEqual(a.shape, b.shape))) return stock();
      const result = allocate(backend, a.shape, 'bool');
      const out = address(backend, result, 'bool');
      const at = namedAddresses(backend, { a, b });
      side.compare({ out, size: sizeOf(a.shape), single: Number(single), ...at, ...relation });
      return result;
    },
  );
}

/** `tf.equal`, `tf.greater`, `tf.greaterEqual`, `tf.less` and `tf.lessEqual`. */
export const comparisons: readonly Override[] = [
  comparison('Equal', { less: 0, equal: 1, greater: 0 }),
  comparison('Greater', { less: 0, equal: 0, greater: 1 }),
  comparison('GreaterEqual', { less: 0, equal: 1, greater: 1 }),
  comparison('Less', { less: 1, equal: 0, greater: 0 }),
  comparison('LessEqual', { less: 1, equal: 1, greater: 0 }),
];

import type { TensorInfo } from '@tensorflow/tfjs';
import type { TensorFlow } from './tensorflow.ts';

/**
 * As many constants as a few training steps need, and far more than any kernel; a learning rate that moves makes new ones
 * all the time.
 */
const MOST = 256;

const caches = new WeakMap<TensorFlow, Map<string, TensorInfo>>();

/** A float32 scalar that stays, so that a kernel has not to make one in every call. */
export function scalar(backend: TensorFlow, value: number): TensorInfo {
  return constant(backend, `float ${value}`, () => [Float32Array.of(value), [], 'float32']);
}

/** An int32 scalar that stays. */
export function integer(backend: TensorFlow, value: number): TensorInfo {
  return constant(backend, `int ${value}`, () => [Int32Array.of(value), [], 'int32']);
}

/** A list of int32, such as a shape, that stays. */
export function integers(backend: TensorFlow, values: readonly number[]): TensorInfo {
  return constant(backend, `ints ${values.join()}`, () => [
    Int32Array.from(values),
    [values.length],
    'int32',
  ]);
}

/** A list of float32, such as the settings of a kernel, that stays. */
export function constants(backend: TensorFlow, values: readonly number[]): TensorInfo {
  return constant(backend, `floats ${values.join()}`, () => [
    Float32Array.from(values),
    [values.length],
    'float32',
  ]);
}

/** No float32 at all, for what an op has to be given and does not read. */
export function nothing(backend: TensorFlow): TensorInfo {
  return constant(backend, 'nothing', () => [new Float32Array(0), [0], 'float32']);
}

/**
 * Written to the back end alone: the engine counts it neither as a tensor nor as memory. What was not used for longest
 * makes room, so that a kernel can rely on those that it has asked for.
 */
function constant(
  backend: TensorFlow,
  key: string,
  make: () => Parameters<TensorFlow['write']>,
): TensorInfo {
  let cache = caches.get(backend);
  if (!cache) caches.set(backend, (cache = new Map<string, TensorInfo>()));
  const found = cache.get(key) ?? write(backend, make());
  cache.delete(key);
  cache.set(key, found);
  if (cache.size > MOST)
    for (const [oldest, { dataId }] of cache) {
      backend.disposeData(dataId);
      cache.delete(oldest);
      break;
    }
  return found;
}

function write(backend: TensorFlow, [values, shape, dtype]: Parameters<TensorFlow['write']>) {
  return { dataId: backend.write(values, shape, dtype), shape, dtype };
}

import type { TensorInfo } from '@tensorflow/tfjs';
import type { TensorFlow } from '../tensorflow.ts';

interface Settings {
  readonly values: readonly number[];
  readonly tensor: TensorInfo;
}

const last = new WeakMap<TensorFlow, Map<string, Settings>>();

/**
 * The numbers that an op is told how to work, as float32. Those of its last call stay: the parameters of a step mostly share
 * theirs, which the next step changes, so that a cache by their digits would cost more than it saves.
 */
export function settings(backend: TensorFlow, op: string, values: readonly number[]): TensorInfo {
  let ofOps = last.get(backend);
  if (!ofOps) last.set(backend, (ofOps = new Map<string, Settings>()));
  const before = ofOps.get(op);
  if (before?.values.every((value, i) => value === values[i])) return before.tensor;
  if (before) backend.disposeData(before.tensor.dataId);
  const shape = [values.length];
  const dataId = backend.write(Float32Array.from(values), shape, 'float32');
  const tensor = { dataId, shape, dtype: 'float32' } as const;
  ofOps.set(op, { values, tensor });
  return tensor;
}

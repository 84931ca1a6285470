import type { TensorInfo } from '@tensorflow/tfjs';
import { allocate } from '../heap.ts';
import { address } from './address.ts';
import { sideOverride } from './side-override.ts';

/** Softmax cross-entropy of integer labels with its gradient; both are NaN where a label is no class. */
export const softmaxCrossEntropy = sideOverride<
  { readonly logits: TensorInfo; readonly labels: TensorInfo },
  { readonly labelSmoothing: number }
>('TfloopSoftmaxCrossEntropy', 'fused', ({ inputs: { logits, labels }, attrs, backend }, side) => {
  const [rows = 0, classes = 0] = logits.shape;
  const z = address(backend, logits);
  const y = address(backend, labels, 'int32');
  const losses = allocate(backend, [rows], 'float32');
  const gradient = allocate(backend, logits.shape, 'float32');
  side.crossEntropy(
    z,
    y,
    address(backend, losses),
    address(backend, gradient),
    rows,
    classes,
    attrs.labelSmoothing,
  );
  return [losses, gradient];
});

import { getBackend } from '@tensorflow/tfjs';

/** Whether the back end that computes now is one whose layers are replaced; all others have theirs as TensorFlow.js made them. */
export function ourEngine(): boolean {
  return ['wasm', 'tensorflow'].includes(getBackend());
}

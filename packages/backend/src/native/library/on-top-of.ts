import type { Override } from '../../overrides/override.ts';
import { typedKernels } from '../../overrides/typed-kernel.ts';
import type { TensorFlow } from '../tensorflow.ts';

/** Declares an override of a kernel that has one of ours already, which is its stock. */
export const overrideOnTop = typedKernels<TensorFlow>('tensorflow', 'library');

/** Two overrides of one kernel as one: the upper one leaves to the lower what it does not do itself. */
export function onTopOf(lower: Override, upper: Override): Override {
  return {
    ...upper,
    install() {
      if (upper.installed()) return;
      lower.install();
      upper.install();
    },
    remove() {
      upper.remove();
      lower.remove();
    },
  };
}

import { backend as currentBackend, engine, getBackend } from '@tensorflow/tfjs';
import type { GradConfig, Tensor } from '@tensorflow/tfjs';
import { gradientOverride } from '../overrides/gradient-override.ts';
import type { Override } from '../overrides/override.ts';
import type { TensorFlow } from './tensorflow.ts';

/** What the gradient of a kernel with one input is made of; `saved` is that input or, where it is said, the output. */
export interface GradientCall<Attrs> {
  readonly backend: TensorFlow;
  readonly dy: Tensor;
  readonly saved: Tensor;
  readonly attrs: Attrs;
}

/**
 * Declares an override of the gradient of a kernel whose only input is `x`, on float32. The stock gradient stays on other
 * back ends, for other numbers, and where gradients of gradients are asked for: ops that the engine does not see have none.
 */
export function gradient<Attrs = object>(
  kernelName: string,
  of: (call: GradientCall<Attrs>) => Tensor,
  save?: Pick<GradConfig, 'inputsToSave' | 'outputsToSave'>,
): Override {
  return gradientOverride(kernelName, 'slow', (stock) => ({
    ...stock,
    ...save,
    gradFunc(dys, kept, attrs) {
      const [saved] = kept;
      const dy = dys as Tensor;
      const isOurs =
        getBackend() === 'tensorflow' &&
        engine().state.gradientDepth === 0 &&
        dy.dtype === 'float32' &&
        saved?.dtype === 'float32';
      if (!isOurs) return stock.gradFunc(dys, kept, attrs);
      const backend = currentBackend() as TensorFlow;
      return { x: () => of({ backend, dy, saved, attrs: attrs as unknown as Attrs }) };
    },
  }));
}

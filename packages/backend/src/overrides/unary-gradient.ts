import { backend as currentBackend, engine } from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { gradientOverride, type Saved } from './gradient-override.ts';
import type { Override } from './override.ts';

/** What the gradient of a kernel with one input is made of; `saved` is that input or, where it is said, the output. */
export interface UnaryGradientCall<Backend, Attrs> {
  readonly backend: Backend;
  readonly dy: Tensor;
  readonly saved: Tensor;
  readonly attrs: Attrs;
}

/**
 * Declares overrides of gradients, on one back end, of kernels whose only input is `x`, on float32. The stock gradient stays
 * for other numbers, and where gradients of gradients are asked for: what the engine does not see has none.
 */
export function unaryGradients<Backend>(engineName: string) {
  return <Attrs = object>(
    kernelName: string,
    of: (call: UnaryGradientCall<Backend, Attrs>) => Tensor,
    save?: Saved,
  ): Override =>
    gradientOverride(
      engineName,
      kernelName,
      'slow',
      (dys, [saved], attrs) => {
        const dy = dys as Tensor;
        const isOurs =
          engine().state.gradientDepth === 0 &&
          dy.dtype === 'float32' &&
          saved?.dtype === 'float32';
        if (!isOurs) return undefined;
        const backend = currentBackend() as Backend;
        return { x: () => of({ backend, dy, saved, attrs: attrs as unknown as Attrs }) };
      },
      save,
    );
}

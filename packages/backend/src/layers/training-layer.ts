import type { Tensor } from '@tensorflow/tfjs';
import { methodOverride } from '../overrides/method-override.ts';
import type { Override, Reason } from '../overrides/override.ts';
import type { LayerArguments, LayerCall } from './layer-call.ts';

/**
 * An override of layers in training, on whatever back end there is. `compute` answers for a layer that has one input, or
 * returns undefined where the layer has to answer as it always did, as it does in inference.
 */
export function trainingLayer<Layer>(
  name: string,
  reason: Reason,
  prototype: () => { call: LayerCall<Layer> },
  compute: (layer: Layer, x: Tensor, kwargs: LayerArguments) => Tensor | undefined,
): Override {
  return methodOverride<LayerCall<Layer>>(
    name,
    reason,
    prototype,
    (stock) =>
      function call(inputs, kwargs) {
        const [x, ...others] = Array.isArray(inputs) ? inputs : [inputs];
        const ours =
          kwargs?.training === true && x && others.length === 0
            ? compute(this, x, kwargs)
            : undefined;
        return ours ?? stock.call(this, inputs, kwargs);
      },
  );
}

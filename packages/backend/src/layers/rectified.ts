import { layers, LayersModel } from '@tensorflow/tfjs';
import { combine } from '../overrides/combine.ts';
import { methodOverride } from '../overrides/method-override.ts';
import { rectifiedAnswers, type LayerCall } from './layer-call.ts';
import { rectifiedBatchNorms } from './rectified-batch-norms.ts';

const known = new WeakMap<LayersModel, ReadonlySet<object>>();

/** Models tell their batch norm layers which of them may rectify, in training. */
const models = methodOverride<LayerCall<LayersModel>>(
  'LayersModel',
  'fused',
  // tfjs's own type asks for the second argument, and its method does without.
  () => LayersModel.prototype as { call: LayerCall<LayersModel> },
  (stock) =>
    function call(inputs, kwargs) {
      // A model within a model is told by its own.
      if (kwargs?.training !== true) return stock.call(this, inputs, kwargs);
      let rectified = known.get(this);
      if (!rectified) known.set(this, (rectified = rectifiedBatchNorms(this)));
      return stock.call(this, inputs, { ...kwargs, rectified });
    },
);

/** A layer that rectifies leaves alone what is rectified. */
const rectifier = (name: string, make: () => object) =>
  methodOverride<LayerCall>(
    name,
    'fused',
    () => Object.getPrototypeOf(make()) as { call: LayerCall },
    (stock) =>
      function call(inputs, kwargs) {
        const [x, ...others] = Array.isArray(inputs) ? inputs : [inputs];
        return x && others.length === 0 && rectifiedAnswers.has(x)
          ? x
          : stock.call(this, inputs, kwargs);
      },
  );

/**
 * A batch norm and the ReLU behind it, in training, as one kernel, where the model is called as a whole, as our loop
 * does; `model.fit` calls layer by layer, and runs the two one after the other.
 */
export const rectified = combine('BatchNormalization + ReLU', 'fused', [
  models,
  rectifier('ReLU', () => layers.reLU()),
  rectifier('Activation', () => layers.activation({ activation: 'relu' })),
]);

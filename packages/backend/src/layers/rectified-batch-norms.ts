import type { LayersModel } from '@tensorflow/tfjs';

type Layer = LayersModel['layers'][number];

/**
 * The batch norm layers of a model whose answer nobody sees but one ReLU: neither another layer, of this or another
 * model, nor who asks for the model's outputs.
 */
export function rectifiedBatchNorms(model: LayersModel): ReadonlySet<object> {
  const shown = new Set<object>(model.outputs.map(({ sourceLayer }) => sourceLayer));
  return new Set(
    model.layers.filter((layer) => {
      if (layer.getClassName() !== 'BatchNormalization' || shown.has(layer)) return false;
      const readers = new Set(layer.outboundNodes.map(({ outboundLayer }) => outboundLayer));
      const [reader] = readers;
      return readers.size === 1 && reader !== undefined && isReLU(reader);
    }),
  );
}

/** Whether a layer is a ReLU without a bound above. */
function isReLU(layer: Layer): boolean {
  const { maxValue, activation } = layer.getConfig();
  switch (layer.getClassName()) {
    case 'ReLU':
      return maxValue === null || maxValue === undefined;
    case 'Activation':
      return activation === 'relu';
    default:
      return false;
  }
}

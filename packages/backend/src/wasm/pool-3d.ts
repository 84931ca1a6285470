import { backend_util } from '@tensorflow/tfjs';
import type { AvgPool3DGradAttrs, MaxPool3DGradAttrs, TensorInfo } from '@tensorflow/tfjs';
import { compose } from './compose.ts';
import { sizeOf } from './heap.ts';
import { override } from './override.ts';
import { reshape, zeros } from './shape-ops.ts';
import { imageAttrs, seenVolumes } from './volume.ts';

type Shape5D = [number, number, number, number, number];

// A pool over volumes is one over their images, and one over the depths of what that gives. The first greatest element stays
// the first, and a mean of means is the mean, as padding takes whole images, rows or columns out of it.

/** `tf.maxPool3d`; the stock kernel takes no element below 0 for the greatest. */
export const maxPool3d = override<{ x: TensorInfo }, MaxPool3DGradAttrs>(
  'MaxPool3D',
  'wrong',
  ({ inputs: { x }, attrs, backend }) => {
    const { shapes, cut, overImages, overDepths } = stagesOf(x, attrs);
    return compose(backend, (run) => {
      if (sizeOf(x.shape) === 0) return zeros(run, shapes.y);
      const flat = run('MaxPool', { x: reshape(run, cut(run, x), shapes.images) }, overImages);
      const deep = run('MaxPool', { x: reshape(run, flat, shapes.depths) }, overDepths);
      return reshape(run, deep, shapes.y);
    });
  },
);

/** Its gradient, to the first greatest element; the stock kernel loses that of windows without one above 0. */
export const maxPool3dGrad = override<{ dy: TensorInfo; input: TensorInfo }, MaxPool3DGradAttrs>(
  'MaxPool3DGrad',
  'wrong',
  ({ inputs: { dy, input }, attrs, backend }) => {
    const { shapes, cut, restore, overImages, overDepths } = stagesOf(input, attrs);
    return compose(backend, (run) => {
      if (sizeOf(input.shape) === 0) return zeros(run, input.shape);
      const images = reshape(run, cut(run, input), shapes.images);
      const flat = run('MaxPool', { x: images }, overImages);
      const depths = reshape(run, flat, shapes.depths);
      const output = run('MaxPool', { x: depths }, overDepths);
      const dDeep = reshape(run, dy, output.shape);
      const dDepths = run('MaxPoolGrad', { dy: dDeep, input: depths, output }, overDepths);
      const dFlat = reshape(run, dDepths, flat.shape);
      const dImages = run('MaxPoolGrad', { dy: dFlat, input: images, output: flat }, overImages);
      return restore(run, reshape(run, dImages, shapes.seen));
    });
  },
);

/** Gradient of `tf.avgPool3d`; the stock kernel divides by the whole window where padding was not in the mean. */
export const avgPool3dGrad = override<{ dy: TensorInfo; input: TensorInfo }, AvgPool3DGradAttrs>(
  'AvgPool3DGrad',
  'wrong',
  ({ inputs: { dy, input }, attrs, backend }) => {
    const { shapes, cut, restore, overImages, overDepths } = stagesOf(input, attrs);
    return compose(backend, (run) => {
      if (sizeOf(input.shape) * sizeOf(dy.shape) === 0) return zeros(run, input.shape);
      const dDeep = reshape(run, dy, shapes.deep);
      // Of the input, the shape is all that is looked at.
      const like = zeros(run, shapes.depths);
      const dDepths = run('AvgPoolGrad', { dy: dDeep, input: like }, overDepths);
      const dFlat = reshape(run, dDepths, shapes.flat);
      const images = reshape(run, cut(run, input), shapes.images);
      const dImages = run('AvgPoolGrad', { dy: dFlat, input: images }, overImages);
      return restore(run, reshape(run, dImages, shapes.seen));
    });
  },
);

/** The pools over images and over depths, and what each is of. */
function stagesOf(
  { shape }: TensorInfo,
  { filterSize, strides, pad, dimRoundingMode }: MaxPool3DGradAttrs,
) {
  const { info, ...cutting } = seenVolumes(
    backend_util.computePool3DInfo(shape as Shape5D, filterSize, strides, 1, pad, dimRoundingMode),
  );
  const { batchSize, inDepth, inHeight, inWidth, inChannels, outDepth, outHeight, outWidth } = info;
  const rounding = dimRoundingMode === undefined ? {} : { dimRoundingMode };
  const { front, back } = info.padInfo;
  const none = [0, 0];
  const pixels = outHeight * outWidth;
  return {
    ...cutting,
    shapes: {
      seen: [batchSize, inDepth, inHeight, inWidth, inChannels],
      images: [batchSize * inDepth, inHeight, inWidth, inChannels],
      flat: [batchSize * inDepth, outHeight, outWidth, inChannels],
      depths: [batchSize, inDepth, pixels, inChannels],
      deep: [batchSize, outDepth, pixels, inChannels],
      y: info.outShape,
    },
    overImages: {
      ...imageAttrs(info),
      filterSize: [info.filterHeight, info.filterWidth],
      ...rounding,
    },
    overDepths: {
      strides: [info.strideDepth, 1],
      pad: [none, [front, back], none, none],
      filterSize: [info.filterDepth, 1],
      ...rounding,
    },
  };
}

import { backend_util } from '@tensorflow/tfjs';
import type { AvgPool3DGradAttrs, MaxPool3DGradAttrs, TensorInfo } from '@tensorflow/tfjs';
import type { Override } from '../overrides/override.ts';
import { compose, type Run } from './compose.ts';
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
      if (sizeOf(x.shape) * sizeOf(shapes.y) === 0) return zeros(run, shapes.y);
      const flat = run('MaxPool', { x: reshape(run, cut(run, x), shapes.images) }, overImages);
      const deep = run('MaxPool', { x: reshape(run, flat, shapes.depths) }, overDepths);
      return reshape(run, deep, shapes.y);
    });
  },
);

/** Its gradient, to the first greatest element; the stock kernel loses that of windows without one above 0. */
export const maxPool3dGrad = poolGradient(
  'MaxPool3DGrad',
  (run, images, { shapes, overImages, overDepths }) => {
    const flat = run('MaxPool', { x: images }, overImages);
    const depths = reshape(run, flat, shapes.depths);
    const deep = run('MaxPool', { x: depths }, overDepths);
    return {
      ofDepths: (dy) => run('MaxPoolGrad', { dy, input: depths, output: deep }, overDepths),
      ofImages: (dy) => run('MaxPoolGrad', { dy, input: images, output: flat }, overImages),
    };
  },
);

/** Gradient of `tf.avgPool3d`; the stock kernel divides by the whole window where padding was not in the mean. */
export const avgPool3dGrad = poolGradient(
  'AvgPool3DGrad',
  (run, images, { shapes, overImages, overDepths }) => {
    // Of the input, the shape is all that is looked at.
    const depths = zeros(run, shapes.depths);
    return {
      ofDepths: (dy) => run('AvgPoolGrad', { dy, input: depths }, overDepths),
      ofImages: (dy) => run('AvgPoolGrad', { dy, input: images }, overImages),
    };
  },
);

type Stages = ReturnType<typeof stagesOf>;
type Gradient = (dy: TensorInfo) => TensorInfo;

/** The gradient of a pool over volumes: that of the one over depths, and then that of the one over images. */
function poolGradient(
  kernelName: string,
  gradients: (
    run: Run,
    images: TensorInfo,
    stages: Stages,
  ) => { readonly ofDepths: Gradient; readonly ofImages: Gradient },
): Override {
  return override<{ dy: TensorInfo; input: TensorInfo }, MaxPool3DGradAttrs | AvgPool3DGradAttrs>(
    kernelName,
    'wrong',
    ({ inputs: { dy, input }, attrs, backend }) => {
      const stages = stagesOf(input, attrs);
      const { shapes, cut, restore } = stages;
      return compose(backend, (run) => {
        if (sizeOf(input.shape) * sizeOf(dy.shape) === 0) return zeros(run, input.shape);
        const images = reshape(run, cut(run, input), shapes.images);
        const { ofDepths, ofImages } = gradients(run, images, stages);
        const dDepths = ofDepths(reshape(run, dy, shapes.deep));
        const dImages = ofImages(reshape(run, dDepths, shapes.flat));
        return restore(run, reshape(run, dImages, shapes.seen));
      });
    },
  );
}

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

import { backend_util, util } from '@tensorflow/tfjs';
import type {
  Conv2DAttrs,
  Conv2DBackpropFilterAttrs,
  Conv2DBackpropInputAttrs,
  TensorInfo,
} from '@tensorflow/tfjs';
import { integers } from '../constants.ts';
import { override } from '../override.ts';
import { run } from '../tensorflow.ts';

type Shape4D = [number, number, number, number];

/** Convolutions of images. */
export const conv2d = override<
  { readonly x: TensorInfo; readonly filter: TensorInfo },
  Conv2DAttrs
>('Conv2D', 'slow', ({ inputs: { x, filter }, attrs, backend }, stock) => {
  const geometry = geometryOf(x.shape, filter.shape, attrs, attrs.dilations);
  if (!geometry || !areFloats(x, filter)) return stock();
  const { strides, before, out } = geometry;
  return run(
    backend,
    'TfloopConv',
    [x, filter, integers(backend, [...strides, ...before, ...out])],
    [],
  );
});

/** The gradient of their input. */
export const conv2dBackpropInput = override<
  { readonly dy: TensorInfo; readonly filter: TensorInfo },
  Conv2DBackpropInputAttrs
>('Conv2DBackpropInput', 'slow', ({ inputs: { dy, filter }, attrs, backend }, stock) => {
  const [, height, width] = attrs.inputShape;
  const geometry = geometryOf(attrs.inputShape, filter.shape, attrs);
  if (!geometry?.gives(dy) || !areFloats(dy, filter)) return stock();
  const { strides, before } = geometry;
  return run(
    backend,
    'TfloopConvInputGrad',
    [dy, filter, integers(backend, [...strides, ...before, height, width])],
    [],
  );
});

/** The gradient of their filter. */
export const conv2dBackpropFilter = override<
  { readonly x: TensorInfo; readonly dy: TensorInfo },
  Conv2DBackpropFilterAttrs
>('Conv2DBackpropFilter', 'slow', ({ inputs: { x, dy }, attrs, backend }, stock) => {
  const [height, width] = attrs.filterShape;
  const geometry = geometryOf(x.shape, attrs.filterShape, attrs);
  if (!geometry?.gives(dy) || !areFloats(x, dy)) return stock();
  const { strides, before } = geometry;
  return run(
    backend,
    'TfloopConvFilterGrad',
    [x, dy, integers(backend, [...strides, ...before, height, width])],
    [],
  );
});

function areFloats(...tensors: readonly TensorInfo[]): boolean {
  return tensors.every(({ dtype }) => dtype === 'float32');
}

/** Strides, zeros before the image and what comes out; undefined for what our kernels don't do. */
function geometryOf(
  shape: readonly number[],
  filter: readonly number[],
  {
    strides,
    pad,
    dimRoundingMode,
    dataFormat,
  }: Pick<Conv2DAttrs, 'strides' | 'pad' | 'dimRoundingMode' | 'dataFormat'>,
  dilations: Conv2DAttrs['dilations'] = 1,
) {
  const info = backend_util.computeConv2DInfo(
    shape as Shape4D,
    filter as Shape4D,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    false,
    backend_util.convertConv2DDataFormat(dataFormat),
  );
  const isOurs =
    info.dataFormat === 'channelsLast' &&
    info.dilationHeight === 1 &&
    info.dilationWidth === 1 &&
    info.inChannels === filter[2] &&
    // TensorFlow says what is wrong.
    info.outHeight >= 0 &&
    info.outWidth >= 0;
  if (!isOurs) return undefined;
  return {
    strides: [info.strideHeight, info.strideWidth],
    before: [info.padInfo.top, info.padInfo.left],
    out: [info.outHeight, info.outWidth],
    /** Whether a gradient is one of what comes out. */
    gives: ({ shape: given }: TensorInfo) => util.arraysEqual(info.outShape, given),
  };
}

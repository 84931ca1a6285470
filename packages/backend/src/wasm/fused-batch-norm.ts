import type { FusedBatchNormAttrs, TensorInfo } from '@tensorflow/tfjs';
import { compose } from './compose.ts';
import { allocate, floats, sizeOf } from './heap.ts';
import type { WasmBackend } from './heap.ts';
import { override } from './override.ts';
import { reshape } from './shape-ops.ts';

interface Inputs {
  readonly x: TensorInfo;
  readonly mean: TensorInfo;
  readonly variance: TensorInfo;
  readonly offset?: TensorInfo | null;
  readonly scale?: TensorInfo | null;
}

/**
 * Batch norm with one mean per channel as a centring and one XNNPACK pass `x * a + b`; other shapes stay with the stock
 * kernel.
 */
export const fusedBatchNorm = override<Inputs, FusedBatchNormAttrs>(
  'FusedBatchNorm',
  'slow',
  ({ inputs, attrs, backend }, stock) => {
    const { x, mean } = inputs;
    const channels = x.shape.at(-1) ?? 0;
    const perChannel = [mean, inputs.variance, inputs.offset, inputs.scale].every(
      (t) => t === null || t === undefined || (t.shape.length === 1 && t.shape[0] === channels),
    );
    if (x.dtype !== 'float32' || !perChannel || sizeOf(x.shape) === 0) return stock();
    return compose(backend, (run, adopt) => {
      const centred = reshape(run, run('Sub', { a: x, b: mean }), [
        sizeOf(x.shape) / channels,
        1,
        1,
        channels,
      ]);
      const filter = adopt(allocate(backend, [1, 1, channels, 1], 'float32'));
      const bias = adopt(allocate(backend, [channels], 'float32'));
      fillAffine(
        floats(backend, filter),
        floats(backend, bias),
        backend,
        inputs,
        attrs.varianceEpsilon,
      );
      const y = run(
        'FusedDepthwiseConv2D',
        { x: centred, filter, bias },
        {
          strides: [1, 1],
          pad: 'valid',
          dataFormat: 'NHWC',
          dilations: [1, 1],
          activation: 'linear',
        },
      );
      // The pass clamps NaN to -Infinity; the stock kernel keeps it.
      return floats(backend, y).includes(-Infinity) ? stock() : reshape(run, y, x.shape);
    });
  },
);

/** Factor and summand per channel, in double precision. */
function fillAffine(
  factors: Float32Array,
  summands: Float32Array,
  backend: WasmBackend,
  { variance, offset, scale }: Inputs,
  epsilon: number,
): void {
  const variances = floats(backend, variance);
  const scales = scale ? floats(backend, scale) : undefined;
  const offsets = offset ? floats(backend, offset) : undefined;
  for (let c = 0; c < factors.length; c++) {
    factors[c] = (scales?.[c] ?? 1) / Math.sqrt((variances[c] ?? 0) + epsilon);
    summands[c] = offsets?.[c] ?? 0;
  }
}

import type { backend_util } from '@tensorflow/tfjs';

/** Adds each window's `dy` to `dx` where its first greatest element of `x` is; NHWC. */
export function scatterToMaxima(
  x: backend_util.TypedArray,
  dy: Float32Array,
  dx: Float32Array,
  info: backend_util.Conv2DInfo,
): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, padInfo } = info;
  // Doubles, which hold every int32 as well.
  const greatest = new Float64Array(inChannels);
  const position = new Int32Array(inChannels);
  dx.fill(0);
  for (let n = 0; n < batchSize; n++) {
    for (let row = 0; row < outHeight; row++) {
      const top = row * info.strideHeight - padInfo.top;
      const bottom = Math.min(inHeight, top + info.filterHeight);
      for (let column = 0; column < outWidth; column++) {
        const left = column * info.strideWidth - padInfo.left;
        const right = Math.min(inWidth, left + info.filterWidth);
        greatest.fill(-Infinity);
        position.fill(-1);
        for (let xR = Math.max(0, top); xR < bottom; xR++) {
          for (let xC = Math.max(0, left); xC < right; xC++) {
            const at = ((n * inHeight + xR) * inWidth + xC) * inChannels;
            for (let c = 0; c < inChannels; c++) {
              const value = x[at + c] ?? 0;
              if (value > (greatest[c] ?? 0)) {
                greatest[c] = value;
                position[c] = at + c;
              }
            }
          }
        }
        const from = ((n * outHeight + row) * outWidth + column) * inChannels;
        for (let c = 0; c < inChannels; c++) {
          const to = position[c] ?? -1;
          // A window of NaN, of -Infinity or of padding alone has no greatest element.
          if (to >= 0) dx[to] = (dx[to] ?? 0) + (dy[from + c] ?? 0);
        }
      }
    }
  }
}

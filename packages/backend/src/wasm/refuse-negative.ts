import type { backend_util } from '@tensorflow/tfjs';

/**
 * Throws a RangeError where a filter is larger than the image with its padding, by more than a stride, so that the output
 * would have a negative size, as TensorFlow does. tfjs allocates that output: two negative sizes make a positive one, of
 * what lies in the memory, and with one of them kernels write out of bounds. In 3D tfjs has empty outputs there.
 */
export function refuseNegative(kernelName: string, info: backend_util.Conv2DInfo): void {
  const { outHeight, outWidth, effectiveFilterHeight, effectiveFilterWidth } = info;
  if (outHeight >= 0 && outWidth >= 0) return;
  throw new RangeError(
    `${kernelName}: the filter must not be larger than the padded image, got a filter of ` +
      `${effectiveFilterHeight}x${effectiveFilterWidth} on an image of ${info.inHeight}x${info.inWidth}, whose output ` +
      `would be ${outHeight}x${outWidth}: use a smaller filter, a larger image or pad 'same'`,
  );
}

import type { backend_util } from '@tensorflow/tfjs';

/** How the windows of a convolution or a pool lie on `batch` of its images, by the names that the side module has for it. */
export function windowOf(info: backend_util.Conv2DInfo, batch: number = info.batchSize) {
  return {
    batch,
    inHeight: info.inHeight,
    inWidth: info.inWidth,
    inChannels: info.inChannels,
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    outChannels: info.outChannels,
    filterHeight: info.filterHeight,
    filterWidth: info.filterWidth,
    strideHeight: info.strideHeight,
    strideWidth: info.strideWidth,
    top: info.padInfo.top,
    left: info.padInfo.left,
  };
}

import type { backend_util } from '@tensorflow/tfjs';
import type { Pool } from './side-kernels.ts';

/** How a pool lies on its images, as the side module takes it. */
export function poolOf(info: backend_util.Conv2DInfo): Pool {
  return [
    info.batchSize,
    info.inHeight,
    info.inWidth,
    info.inChannels,
    info.outHeight,
    info.outWidth,
    info.filterHeight,
    info.filterWidth,
    info.strideHeight,
    info.strideWidth,
    info.padInfo.top,
    info.padInfo.left,
  ];
}

import type { backend_util } from '@tensorflow/tfjs';

/**
 * Whether XNNPACK, given these paddings, computes the output that was allocated for it. It does not
 * - where `same` padding leaves input rows unused (a 2x2 kernel, stride 3 on 9 rows): its padding wraps below zero;
 * - where `pad` is a number and kernel or stride are not square: tfjs sizes both axes by the first one.
 */
export function isUnderstood(info: backend_util.Conv2DInfo): boolean {
  const { padInfo, outHeight, outWidth, strideHeight, strideWidth } = info;
  const rows = info.inHeight - info.effectiveFilterHeight;
  const columns = info.inWidth - info.effectiveFilterWidth;
  if (padInfo.type === 'SAME') {
    return (outHeight - 1) * strideHeight >= rows && (outWidth - 1) * strideWidth >= columns;
  }
  return (
    Math.floor((rows + padInfo.top + padInfo.bottom) / strideHeight) + 1 === outHeight &&
    Math.floor((columns + padInfo.left + padInfo.right) / strideWidth) + 1 === outWidth
  );
}

import type { TensorInfo } from '@tensorflow/tfjs';
import type { Run } from './compose.ts';
import { transpose } from './shape-ops.ts';

/** Where the channels of an image tensor are, in tfjs's words. */
export type DataFormat = 'channelsFirst' | 'channelsLast';

/** NCHW to NHWC; NHWC stays as it is. */
export function toNhwc(run: Run, x: TensorInfo, format: DataFormat): TensorInfo {
  return format === 'channelsLast' ? x : transpose(run, x, [0, 2, 3, 1]);
}

/** NHWC back to the caller's format. */
export function fromNhwc(run: Run, x: TensorInfo, format: DataFormat): TensorInfo {
  return format === 'channelsLast' ? x : transpose(run, x, [0, 3, 1, 2]);
}

import { channelStatistics, type ChannelStatistics } from './channel-statistics.ts';
import type { Examples, ImageDataset } from './image-dataset.ts';

/**
 * The data set with every channel of the training images at mean 0 and standard deviation 1, in `float32`.
 *
 * Mean and standard deviation are those of the training images alone, and applied to all splits: held-out
 * images stay unseen. A channel that is constant in training is only centred. The given set is not changed.
 */
export function normalize<Set extends ImageDataset>(set: Set): Set {
  const statistics = channelStatistics(set.train.images);
  return {
    ...set,
    train: normalized(set.train, statistics),
    ...(set.valid && { valid: normalized(set.valid, statistics) }),
    test: normalized(set.test, statistics),
  };
}

function normalized({ images, labels }: Examples, { mean, std }: ChannelStatistics): Examples {
  const channels = images.shape[3];
  const values = new Float32Array(images.values.length);
  for (let c = 0; c < channels; c++) {
    const center = mean[c] ?? 0;
    const scale = std[c] === 0 ? 1 : 1 / (std[c] ?? 1);
    for (let i = c; i < values.length; i += channels)
      values[i] = ((images.values[i] ?? 0) - center) * scale;
  }
  return { images: { values, shape: images.shape }, labels };
}

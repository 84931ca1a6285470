import type { Images } from './image-dataset.ts';

/** Mean and standard deviation of each channel, in the images' own units. */
export interface ChannelStatistics {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/**
 * Per-channel mean and population standard deviation over all pixels of all images.
 *
 * Two passes in double precision: the squares are of differences, so a large mean costs no digits.
 */
export function channelStatistics({ values, shape }: Images): ChannelStatistics {
  const channels = shape[3];
  const pixels = values.length / channels;
  const mean = sums(values, channels, (value) => value).map((sum) => sum / pixels);
  const squares = sums(values, channels, (value, c) => (value - (mean[c] ?? 0)) ** 2);
  return { mean, std: squares.map((sum) => Math.sqrt(sum / pixels)) };
}

function sums(
  values: Images['values'],
  channels: number,
  term: (value: number, channel: number) => number,
): number[] {
  return Array.from({ length: channels }, (_, c) => {
    let sum = 0;
    for (let i = c; i < values.length; i += channels) sum += term(values[i] ?? 0, c);
    return sum;
  });
}

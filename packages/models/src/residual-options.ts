import { check } from '@tfloop/core';
import { checkSizes } from './check-sizes.ts';

/** Options of {@link resnet9} and {@link resnet18}. */
export interface ResnetOptions {
  /** `[height, width, channels]` of one image. @default [32, 32, 3] */
  readonly inputShape?: readonly [number, number, number];
  /** @default 10 */
  readonly classes?: number;
  /** Filters of the first convolution; the last ones have eight times as many. @default 64 */
  readonly width?: number;
  /** Equal seeds give equal weights. @default 0 */
  readonly seed?: number;
  /** Name of the model, and prefix of its layers' names. @default the function's name */
  readonly name?: string;
}

/** The options with their defaults. Throws a RangeError for one that is unknown or breaks its rule. */
export function residualOptions(owner: string, options: ResnetOptions): Required<ResnetOptions> {
  const {
    inputShape = [32, 32, 3],
    classes = 10,
    width = 64,
    seed = 0,
    name = owner,
  } = check.options(owner, options);
  check.known(owner, options, ['inputShape', 'classes', 'width', 'seed', 'name']);
  checkSizes(owner, 'inputShape', inputShape);
  check.oneOf(owner, 'inputShape.length', inputShape.length, [3]);
  check.integer(owner, 'classes', classes, { min: 1 });
  check.integer(owner, 'width', width, { min: 1 });
  check.integer(owner, 'seed', seed);
  return { inputShape, classes, width, seed, name };
}

import type { HostArray } from '@tfloop/core';

/** Images in the host's memory, which `batches()` of `@tfloop/core` takes as a column. */
export interface Images extends HostArray {
  /** Bytes 0 … 255 as published, or `float32` once normalized; row by row, channels last. */
  readonly values: Uint8Array | Float32Array;
  /** `[examples, height, width, channels]`. */
  readonly shape: readonly [number, number, number, number];
}

/** Images with the index of each one's class. */
export interface Examples {
  readonly images: Images;
  readonly labels: Uint8Array;
}

/** A data set for classification. */
export interface ImageDataset {
  readonly name: string;
  /** Class names; a label is an index of this list. */
  readonly classes: readonly string[];
  /** `[height, width, channels]` of one image. */
  readonly shape: readonly [number, number, number];
  readonly train: Examples;
  /** Held out of the training examples by `split`. */
  readonly valid?: Examples;
  readonly test: Examples;
}

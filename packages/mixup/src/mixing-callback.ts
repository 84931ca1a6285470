import type { BatchLoop, Callback, Rng, Target, Tensors } from '@tfloop/core';
import { refuseFloatClasses } from './refuse-float-classes.ts';

/** What every callback of this package is: it mixes training batches with random partners, by a stream of its name. */
export function mixingCallback(
  name: string,
  options: { readonly alpha: number },
  mix: (loop: BatchLoop, rng: Rng) => { readonly x: Tensors; readonly y: Target },
): Callback {
  return {
    name,
    options,
    // After augmentation, which knows images and labels as they are.
    order: 10,
    owns: ['batch'],

    beforeBatch(loop) {
      if (loop.phase !== 'train' || options.alpha === 0) return;
      const { x, y } = mix(loop, loop.rng(name));
      loop.x = x;
      loop.y = y;
      // They are in the target now, each with its own label.
      loop.weights = undefined;
    },

    afterPred: refuseFloatClasses,
  };
}

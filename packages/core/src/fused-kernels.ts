import type * as tf from '@tensorflow/tfjs';

/**
 * Kernels that do in one pass what would take many of TensorFlow.js's own: `fusedKernel` finds them by these names.
 *
 * A back end may have any of them, registered with `tf.registerKernel`. All numbers are float32, and no kernel writes
 * into its inputs: snapshots share their memory.
 */
export interface FusedKernels {
  /**
   * Cross-entropy of `softmax(logits)` `[n, classes]` with integer labels `[n]`, label smoothing in it: the losses
   * `[n]` and their gradients `[n, classes]` with respect to the logits. The loss of a label that is no class is not
   * finite.
   */
  readonly TfloopSoftmaxCrossEntropy: {
    readonly inputs: { readonly logits: tf.Tensor; readonly labels: tf.Tensor };
    readonly attrs: { readonly labelSmoothing: number };
    readonly outputs: readonly [losses: tf.Tensor, gradient: tf.Tensor];
  };
  /** Rows `[n, columns]`, each times its own of `n` factors. */
  readonly TfloopScaleRows: {
    readonly inputs: { readonly x: tf.Tensor; readonly factors: tf.Tensor };
    readonly attrs: object;
    readonly outputs: readonly [scaled: tf.Tensor];
  };
  /**
   * `g ← gradient + weightDecay · p`, `b ← momentum · b + entering · g`, `p ← p − lr · b`, with `nesterov`
   * `p ← p − lr · (g + momentum · b)`; without a buffer `p ← p − lr · g`, and the parameter is all that comes out.
   */
  readonly TfloopSgdUpdate: {
    readonly inputs: {
      readonly parameter: tf.Tensor;
      readonly gradient: tf.Tensor;
      readonly buffer?: tf.Tensor;
    };
    readonly attrs: {
      readonly lr: number;
      readonly momentum: number;
      readonly entering: number;
      readonly weightDecay: number;
      readonly nesterov: boolean;
    };
    readonly outputs: readonly [parameter: tf.Tensor, buffer?: tf.Tensor];
  };
  /**
   * `g ← gradient + weightDecay · p`, `m ← beta1 · m + (1 − beta1) · g`, `v ← beta2 · v + (1 − beta2) · g²`,
   * `p ← shrink · p − stepSize · m / (√v + eps)`. Bias corrections are in `stepSize` and `eps`.
   */
  readonly TfloopAdamUpdate: {
    readonly inputs: {
      readonly parameter: tf.Tensor;
      readonly gradient: tf.Tensor;
      readonly expAvg: tf.Tensor;
      readonly expAvgSq: tf.Tensor;
    };
    readonly attrs: {
      readonly beta1: number;
      readonly beta2: number;
      readonly eps: number;
      readonly stepSize: number;
      readonly shrink: number;
      readonly weightDecay: number;
    };
    readonly outputs: readonly [parameter: tf.Tensor, expAvg: tf.Tensor, expAvgSq: tf.Tensor];
  };
  /**
   * `g ← gradient + weightDecay · p`, `s ← alpha · s + (1 − alpha) · g²`, with a mean `a ← alpha · a + (1 − alpha) · g`
   * the variance `max(s − a², 2⁻²³ · s)` in place of `s`; `d ← g / (√s + eps)`, with a buffer `d ← b ← momentum · b + d`;
   * `p ← p − lr · d`. What went in of `gradAvg` and `buffer` comes out, in that order.
   */
  readonly TfloopRmspropUpdate: {
    readonly inputs: {
      readonly parameter: tf.Tensor;
      readonly gradient: tf.Tensor;
      readonly squareAvg: tf.Tensor;
      readonly gradAvg?: tf.Tensor;
      readonly buffer?: tf.Tensor;
    };
    readonly attrs: {
      readonly lr: number;
      readonly alpha: number;
      readonly eps: number;
      readonly momentum: number;
      readonly weightDecay: number;
    };
    readonly outputs: readonly [
      parameter: tf.Tensor,
      squareAvg: tf.Tensor,
      ...others: readonly tf.Tensor[],
    ];
  };
}

/** Name of a fused kernel. */
export type FusedKernelName = keyof FusedKernels;

import * as tf from '@tensorflow/tfjs';
import { check } from './check.ts';
import { fusedKernel, type FusedKernel } from './fused-kernel.ts';
import type { FusedKernelName } from './fused-kernels.ts';
import { areSoftLabels, meanByExample, single, type Loss } from './loss.ts';

/** Options of {@link crossEntropy}. */
export interface CrossEntropyOptions {
  /** Share of the target spread evenly over all classes, in [0, 1). @default 0 */
  readonly labelSmoothing?: number;
}

/**
 * Softmax cross-entropy from logits `[n, classes]`.
 *
 * Targets are integer labels `[n]` or soft labels `[n, classes]`; label smoothing ε makes them
 * (1 − ε)·t + ε / classes. A label that is no class makes the loss NaN or
 * infinite: refusing it would mean waiting for the device. One gradient for the whole: softmax(logits)·Σt − t.
 */
export function crossEntropy(options: CrossEntropyOptions = {}): Loss {
  if (options instanceof tf.Tensor)
    throw new TypeError('crossEntropy: makes a loss; pass crossEntropy(), with its parentheses');
  const { labelSmoothing = 0 } = options;
  check.known('crossEntropy', options, ['labelSmoothing']);
  check.number('crossEntropy', 'labelSmoothing', labelSmoothing, { min: 0, below: 1 });
  const loss: Loss = (pred, target) => {
    const logits = single('crossEntropy', pred);
    const given = single('crossEntropy', target);
    const classes = logits.shape.at(-1) ?? 1;
    const soft = areSoftLabels('crossEntropy', logits, given);
    // Its gradient has none, so gradients of gradients take the composed way.
    const nested = tf.engine().state.gradientDepth > 1;
    const composed = soft || nested || logits.dtype !== 'float32';
    const fused = composed ? undefined : fusedKernel('TfloopSoftmaxCrossEntropy');
    if (fused) return meanByExample(fusedCrossEntropy(fused, logits, given, labelSmoothing));
    const hard = soft ? tf.cast(given, 'float32') : oneHot(given, classes);
    const smooth =
      labelSmoothing === 0
        ? hard
        : tf.add(tf.mul(hard, 1 - labelSmoothing), labelSmoothing / classes);
    return meanByExample(softmaxCrossEntropy(logits, smooth, soft ? undefined : hard));
  };
  const title = `crossEntropy, labelSmoothing ${labelSmoothing}`;
  return Object.assign(loss, { expects: 'logits' as const, title });
}

/** All of it in one kernel, which gives its gradient as well. */
function fusedCrossEntropy(
  kernel: FusedKernel<'TfloopSoftmaxCrossEntropy'>,
  logits: tf.Tensor,
  labels: tf.Tensor,
  labelSmoothing: number,
): tf.Tensor {
  registerFusedGradient();
  const classes = logits.shape.at(-1) ?? 1;
  const [losses] = kernel(
    {
      logits: shaped(logits, [labels.size, classes]),
      labels: shaped(labels.dtype === 'int32' ? labels : tf.cast(labels, 'int32'), [labels.size]),
    },
    { labelSmoothing },
  );
  return shaped(losses, labels.shape);
}

/** To the shape that it has already an op would cost as much as any, and another for its gradient. */
function shaped(x: tf.Tensor, shape: number[]): tf.Tensor {
  return tf.util.arraysEqual(x.shape, shape) ? x : tf.reshape(x, shape);
}

/** The engine asks for gradients by the kernel's name, and this one is what the kernel itself has computed. */
function registerFusedGradient(): void {
  const kernelName: FusedKernelName = 'TfloopSoftmaxCrossEntropy';
  const registered = tf.getGradient(kernelName) as tf.GradConfig | undefined;
  if (registered) return;
  tf.registerGradient({
    kernelName,
    outputsToSave: [false, true],
    gradFunc: (dys, [gradient]) => ({
      logits: () => scaleRows(gradient as tf.Tensor, (dys as tf.Tensor[])[0] as tf.Tensor),
    }),
  });
}

function scaleRows(x: tf.Tensor, factors: tf.Tensor): tf.Tensor {
  const fused = fusedKernel('TfloopScaleRows');
  return fused ? fused({ x, factors }, {})[0] : tf.mul(x, tf.reshape(factors, [-1, 1]));
}

/** −Σ t·log softmax(z) over the last dimension; soft labels are not asked to sum to 1, as torch does not. */
function softmaxCrossEntropy(
  logits: tf.Tensor,
  target: tf.Tensor,
  hard: tf.Tensor | undefined,
): tf.Tensor {
  const withGradient = tf.customGrad((input, save) => {
    const z = input as tf.Tensor;
    (save as tf.GradSaveFunc)([z, target]);
    const losses = tf.neg(tf.sum(tf.mul(target, tf.logSoftmax(z)), -1));
    return {
      // Without its class a label would have no loss at all, and look like a splendid fit: divide by its nothing.
      value: hard ? tf.div(losses, tf.sum(hard, -1)) : losses,
      gradFunc: (dy: tf.Tensor, [logit, t]: tf.Tensor[]) => {
        const p = tf.softmax(logit as tf.Tensor);
        const expected = hard ? p : tf.mul(p, tf.sum(t as tf.Tensor, -1, true));
        return tf.mul(tf.sub(expected, t as tf.Tensor), tf.expandDims(dy, -1));
      },
    };
  });
  return withGradient(logits);
}

function oneHot(labels: tf.Tensor, classes: number): tf.Tensor {
  // On stock WASM, oneHot writes integers whatever dtype it is asked for.
  return tf.cast(tf.oneHot(tf.cast(labels, 'int32'), classes), 'float32');
}

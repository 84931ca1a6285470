import * as tf from '@tensorflow/tfjs';
import { fireInTape } from './fire.ts';
import type { LoopState } from './loop-state.ts';
import { batchLoss, type Loss } from './loss.ts';
import { tensorsOf, showShape } from './tensors.ts';

/** Training: prediction, loss and gradients of the loop's batch, with the events inside the tape. */
export function forwardAndBackward(loop: LoopState, loss: Loss): void {
  const variables = [...loop.parameters.values()];
  const { value, grads } = gradientsOf(() => forward(loop, loss, true), variables);
  loop.keepForBatch([value]);
  for (const [name, variable] of loop.parameters) {
    const gradient = grads[variable.name];
    if (gradient) loop.grads.set(name, gradient);
  }
}

/** `tf.variableGrads`, which leaves nothing behind where the function throws. */
function gradientsOf(lossOf: () => tf.Scalar, variables: tf.Variable[]) {
  try {
    return tf.tidy(() => tf.variableGrads(lossOf, variables));
  } catch (error) {
    // TensorFlow.js frees what its gradient functions have saved only at the end of a backward pass.
    const { state } = tf.engine();
    if (state.gradientDepth === 0) {
      const tape = state.activeTape as typeof state.activeTape | null;
      for (const { saved } of tape ?? []) tf.dispose(saved);
      state.activeTape = [];
    }
    throw error;
  }
}

/** Validation: prediction and loss of the loop's batch. */
export function forwardOnly(loop: LoopState, loss: Loss): void {
  loop.keepForBatch([tf.tidy(() => forward(loop, loss, false))]);
}

function forward(loop: LoopState, loss: Loss, training: boolean): tf.Scalar {
  try {
    return predictAndCompare(loop, loss, training);
  } catch (error) {
    // The tape's scope frees what was made in it: nobody may see that any more.
    loop.forgetForward();
    throw error;
  }
}

function predictAndCompare(loop: LoopState, loss: Loss, training: boolean): tf.Scalar {
  loop.pred = loop.model.forward(loop.x, { training });
  fireInTape(loop, 'afterPred');
  const penalty = training ? loop.model.penalty?.() : undefined;
  const dataLoss = batchLoss(loss, loop.pred, loop.y, loop.weights);
  loop.loss = penalty ? tf.add(dataLoss, penalty) : dataLoss;
  fireInTape(loop, 'afterLoss');
  if (loop.loss.rank !== 0)
    throw new Error(`Learner: the loss must be a scalar, got shape ${showShape(loop.loss.shape)}`);
  // Metrics and callbacks look at predictions after the tape has gone.
  for (const tensor of tensorsOf(loop.pred)) tf.keep(tensor);
  loop.keepForBatch(tensorsOf(loop.pred));
  return loop.loss;
}

import * as tf from '@tensorflow/tfjs';
import { askModel } from './ask-model.ts';
import { explained } from './explained.ts';
import { fireInTape } from './fire.ts';
import { inPart } from './ledger/in-part.ts';
import type { LoopState } from './loop-state.ts';
import { batchLoss, type Loss } from './loss.ts';
import { isMixed } from './mixed-target.ts';
import { explainBackendFailure } from './backend-failure.ts';
import { tensorsOf, showShape, showTensors } from './tensors.ts';

/**
 * Training: prediction, loss and gradients of the loop's batch, with the events inside the tape. The loss is the
 * caller's to dispose of.
 */
export function forwardAndBackward(loop: LoopState, loss: Loss): void {
  try {
    const { grads } = inPart(loop, 'backward', () =>
      tf.variableGrads(() => forward(loop, loss, true), loop.variables),
    );
    for (const [name, variable] of loop.parameters) {
      const gradient = grads[variable.name];
      if (gradient) loop.grads.set(name, gradient);
    }
  } catch (error) {
    freeTape();
    loop.disposeLoss();
    throw error;
  }
}

/** TensorFlow.js frees what its gradient functions have saved only at the end of a backward pass. */
function freeTape(): void {
  const { state } = tf.engine();
  if (state.gradientDepth > 0) return;
  const tape = state.activeTape as typeof state.activeTape | null;
  for (const { saved } of tape ?? []) tf.dispose(saved);
  state.activeTape = [];
}

/** Validation: prediction and loss of the loop's batch. The loss is the caller's to dispose of. */
export function forwardOnly(loop: LoopState, loss: Loss): void {
  tf.tidy(() => forward(loop, loss, false));
}

function forward(loop: LoopState, loss: Loss, training: boolean): tf.Scalar {
  try {
    return predictAndCompare(loop, loss, training);
  } catch (error) {
    // The tape's scope frees what was made in it: nobody may see that any more.
    loop.forgetForward();
    // Told here, while what was made is still counted.
    throw explainBackendFailure(loop, error);
  }
}

function predictAndCompare(loop: LoopState, loss: Loss, training: boolean): tf.Scalar {
  loop.pred = inPart(loop, 'model', () => askModel(loop, training));
  fireInTape(loop, 'afterPred');
  const computed = inPart(loop, 'loss', () => {
    const penalty = training ? loop.model.penalty?.() : undefined;
    const dataLoss = compare(loop, loss);
    return penalty ? tf.add<tf.Scalar>(dataLoss, penalty) : dataLoss;
  });
  loop.loss = computed;
  fireInTape(loop, 'afterLoss');
  // The loss outlives the batch: it must not be a tensor that somebody else owns.
  if (loop.loss !== computed) loop.loss = tf.clone(loop.loss);
  if (loop.loss.rank !== 0)
    throw new Error(`Learner: the loss must be a scalar, got shape ${showShape(loop.loss.shape)}`);
  // Metrics and callbacks look at predictions after the tape has gone.
  for (const tensor of tensorsOf(loop.pred)) loop.keepForBatch(tf.keep(tensor));
  return loop.loss;
}

function compare(loop: LoopState, loss: Loss): tf.Scalar {
  const { pred, y, weights, size } = loop;
  try {
    return batchLoss(loss, pred, y, weights, size);
  } catch (error) {
    const target = isMixed(y) ? y.first : y;
    const on = `${showTensors('predictions', pred)} and ${showTensors('targets', target)}`;
    throw explained(loop, 'the loss', error, on);
  }
}

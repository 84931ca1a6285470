import { checkInputs } from './check-inputs.ts';
import { isPromise } from './drive.ts';
import { explained } from './explained.ts';
import type { LoopState } from './loop-state.ts';
import { drawingFrom } from './random-source.ts';
import { holdsTensors, showTensors, tensorsOf, type Tensors } from './tensors.ts';
import { where } from './where.ts';

/** The model's answer to the loop's batch. Throws where the batch does not fit it, and where the answer is none. */
export function askModel(loop: LoopState, training: boolean): Tensors {
  const { model, x } = loop;
  // Callbacks may have made anything of the batch: no more than a few numbers are compared.
  if (model.inputs) checkInputs(() => `Learner: x of ${where(loop)}`, x, model.inputs);
  let answer: unknown;
  try {
    const work = () => model.forward(x, { training });
    answer = training ? drawingFrom(loop.rng('model'), work) : work();
  } catch (error) {
    throw explained(loop, 'the model', error, showTensors('x', x));
  }
  if (isPromise(answer)) {
    // Nobody waits for it, so its own error must not end the process as one that nobody caught.
    void answer.then(undefined, () => undefined);
    throw new TypeError(
      'Learner: the model must answer at once, inside the gradient tape, got a promise',
    );
  }
  if (!holdsTensors(answer))
    throw new TypeError(
      `Learner: the model must return a tensor, a list or a record of tensors, got ${Array.isArray(answer) ? 'a list of something else' : String(answer)} in ${where(loop)}`,
    );
  if (model.inputs) checkExamples(loop, answer);
  return answer;
}

function checkExamples(loop: LoopState, answer: Tensors): void {
  const { size } = loop;
  if (tensorsOf(answer).some(({ shape }) => shape[0] !== size))
    throw new RangeError(
      `Learner: the model must answer each of the ${loop.size} examples of ${where(loop)}, got ${showTensors('', answer)}`,
    );
}

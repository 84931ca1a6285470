import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import { nothing } from './constants.ts';
import { floats, make, text, type Attribute, type TensorFlow } from './tensorflow.ts';

/** Variables of TensorFlow that its updates in place work on, one for each place in such an update. */
const handles = new WeakMap<TensorFlow, number[]>();

/** Above so many numbers, variables let go of what they hold at once: it may be the last that is needed of it. */
const SMALL = 4096;

/**
 * Runs an update in place on variables that begin with the given values, and returns what they are then.
 *
 * Nothing is kept from call to call, so that whatever else changes a parameter or a slot needs to know nothing of it. A
 * variable shares its memory with what it was given and with what is read of it; before it is written to, TensorFlow
 * copies what is shared.
 */
export function inPlace<Values extends readonly TensorInfo[]>(
  backend: TensorFlow,
  op: string,
  values: readonly [...Values],
  inputs: readonly TensorInfo[],
  attributes: readonly Attribute[],
): { [Place in keyof Values]: Tensor } {
  const { binding } = backend;
  const dtype = [floats(backend, 'dtype')];
  const assign = (variable: number, id: number): void => {
    binding.executeOp('AssignVariableOp', dtype, [variable, id], 0);
  };
  const variables = values.map((_, place) => variableAt(backend, place));
  const ids = backend.getInputTensorIds(values);
  variables.forEach((variable, i) => assign(variable, ids[i] as number));
  binding.executeOp(op, attributes, [...variables, ...backend.getInputTensorIds(inputs)], 0);
  const results = variables.map((variable) =>
    backend.createOutputTensor(make(backend, 'ReadVariableOp', [variable], dtype)),
  );
  if ((results[0]?.size ?? 0) > SMALL) {
    const [none] = backend.getInputTensorIds([nothing(backend)]);
    for (const variable of variables) assign(variable, none as number);
  }
  return results as { [Place in keyof Values]: Tensor };
}

function variableAt(backend: TensorFlow, place: number): number {
  let made = handles.get(backend);
  if (!made) handles.set(backend, (made = []));
  return (made[place] ??= make(
    backend,
    'VarHandleOp',
    [],
    [
      text(backend, 'container', ''),
      text(backend, 'shared_name', `tfloop ${place}`),
      floats(backend, 'dtype'),
      { name: 'shape', type: backend.binding.TF_ATTR_SHAPE, value: [] },
    ],
  ).id);
}

import type { Chain, Operand } from './chain.ts';
import { nothing } from './constants.ts';
import { floats, make, text, type Attribute, type Made, type TensorFlow } from './tensorflow.ts';

/** Variables of TensorFlow that its updates in place work on, one for each place in such an update. */
const handles = new WeakMap<TensorFlow, Made[]>();

/** Above so many numbers, variables let go of what they hold at once: it may be the last that is needed of it. */
const SMALL = 4096;

/**
 * Runs an update in place on variables that begin with the given values, of `size` numbers each, and returns what they
 * are then.
 *
 * Nothing is kept from call to call, so that whatever else changes a parameter or a slot needs to know nothing of it. A
 * variable shares its memory with what it was given and with what is read of it; before it is written to, TensorFlow
 * copies what is shared.
 */
export function inPlace<Values extends readonly Operand[]>(
  backend: TensorFlow,
  { run, perform }: Chain,
  op: string,
  values: readonly [...Values],
  inputs: readonly Operand[],
  { size, attributes }: { readonly size: number; readonly attributes: readonly Attribute[] },
): { [Place in keyof Values]: Made } {
  const dtype = [floats(backend, 'dtype')];
  const variables = values.map((_, place) => variableAt(backend, place));
  values.forEach((value, place) => {
    perform('AssignVariableOp', [variables[place] as Made, value], dtype);
  });
  try {
    perform(op, [...variables, ...inputs], attributes);
    const results = variables.map((variable) => run('ReadVariableOp', [variable], dtype));
    return results as { [Place in keyof Values]: Made };
  } finally {
    if (size > SMALL)
      for (const variable of variables)
        perform('AssignVariableOp', [variable, nothing(backend)], dtype);
  }
}

function variableAt(backend: TensorFlow, place: number): Made {
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
  ));
}

import type { Fused, FusedName } from '../overrides/fused.ts';
import type { Override } from '../overrides/override.ts';
import type { TypedCall } from '../overrides/typed-kernel.ts';
import { override } from './override.ts';
import type { TensorFlow } from './tensorflow.ts';

/** Declares a fused kernel for tfjs-node. */
export function fusedOverride<Name extends FusedName>(
  name: Name,
  kernel: (
    call: TypedCall<TensorFlow, Fused<Name>['inputs'], Fused<Name>['attrs']>,
  ) => Fused<Name>['outputs'],
): Override {
  return override<Fused<Name>['inputs'], Fused<Name>['attrs']>(name, 'fused', kernel);
}

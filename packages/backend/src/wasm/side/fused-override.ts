import type { Fused, FusedName } from '../../overrides/fused.ts';
import type { Override } from '../../overrides/override.ts';
import type { KernelCall } from '../override.ts';
import type { SideKernels } from './side-kernels.ts';
import { sideOverride } from './side-override.ts';

/** Declares a fused kernel, which only the side module has. */
export function fusedOverride<Name extends FusedName>(
  name: Name,
  kernel: (
    call: KernelCall<Fused<Name>['inputs'], Fused<Name>['attrs']>,
    side: SideKernels,
  ) => Fused<Name>['outputs'],
): Override {
  return sideOverride<Fused<Name>['inputs'], Fused<Name>['attrs']>(name, 'fused', kernel);
}

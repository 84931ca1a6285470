import type { TensorInfo } from '@tensorflow/tfjs';
import type { Override, Reason } from '../../overrides/override.ts';
import { override } from '../override.ts';
import type { KernelCall } from '../override.ts';
import type { SideKernels } from './side-kernels.ts';
import { sideKernels } from './side-module.ts';
import { whereSide } from './where-side.ts';

/** Declares a kernel that only the side module has; where there is no side module, neither is the override. */
export function sideOverride<Inputs, Attrs>(
  kernelName: string,
  reason: Reason,
  kernel: (
    call: KernelCall<Inputs, Attrs>,
    side: SideKernels,
  ) => TensorInfo | readonly TensorInfo[],
): Override {
  return whereSide(
    override<Inputs, Attrs>(kernelName, reason, (call) => {
      const side = sideKernels(call.backend);
      if (!side)
        throw new Error(
          `@tfloop/backend: ${kernelName} is not ready on this WASM back end, call \`await useBackend()\` after starting it`,
        );
      return kernel(call, side);
    }),
  );
}

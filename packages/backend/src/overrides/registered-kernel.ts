import { getKernel } from '@tensorflow/tfjs';
import type { KernelConfig } from '@tensorflow/tfjs';

/** The kernel that is registered under a name; tfjs's own type leaves out that there may be none. */
export function registeredKernel(
  kernelName: string,
  backendName: string,
): KernelConfig | undefined {
  return getKernel(kernelName, backendName);
}

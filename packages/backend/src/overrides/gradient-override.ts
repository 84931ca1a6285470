import { getGradient, registerGradient, unregisterGradient } from '@tensorflow/tfjs';
import type { GradConfig } from '@tensorflow/tfjs';
import type { Override, Reason } from './override.ts';

const mark = Symbol.for('@tfloop/backend:gradient');

/**
 * An override of the gradient of one kernel. Gradients are the engine's, whatever it computes on: `create` has to give
 * way to the stock one on back ends that it is not made for.
 */
export function gradientOverride(
  kernelName: string,
  reason: Reason,
  create: (stock: GradConfig) => Omit<GradConfig, 'kernelName'>,
): Override {
  const current = (): MarkedGradient | undefined => getGradient(kernelName);
  const replace = (config: GradConfig): void => {
    unregisterGradient(kernelName);
    registerGradient(config);
  };
  return {
    name: `${kernelName} gradient`,
    reason,
    installed: () => current()?.[mark] !== undefined,
    install() {
      const stock = current();
      if (!stock)
        throw new Error(`@tfloop/backend: there is no gradient of ${kernelName} to replace`);
      if (!stock[mark]) replace(Object.assign({ kernelName, ...create(stock) }, { [mark]: stock }));
    },
    remove() {
      const stock = current()?.[mark];
      if (stock) replace(stock);
    },
  };
}

/** A gradient that knows which one it stands in for. */
type MarkedGradient = GradConfig & { readonly [mark]?: GradConfig };

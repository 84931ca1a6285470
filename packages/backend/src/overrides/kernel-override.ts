import { registerKernel, unregisterKernel } from '@tensorflow/tfjs';
import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs';
import type { Override, Reason } from './override.ts';
import { registeredKernel } from './registered-kernel.ts';

/** Runs the kernel that an override replaces, on the same call. Throws where there was none. */
export type Stock = KernelFunc;

/** What an override stands on: the kernel of TensorFlow.js, or another override of ours. */
export type Layer = 'override' | 'library';

/**
 * An override of one kernel of one back end. Install it after the back end has started, as stock kernels of WASM bind
 * themselves to its module then.
 */
export function kernelOverride(
  backendName: string,
  kernelName: string,
  reason: Reason,
  create: (stock: Stock) => KernelFunc,
  layer: Layer = 'override',
): Override {
  // Shared through the symbol registry, so that a second copy of this package sees the first one's kernels.
  const mark = Symbol.for(`@tfloop/backend:${layer}`);
  const replaced = (): Replaced | undefined =>
    (registeredKernel(kernelName, backendName)?.kernelFunc as Marked | undefined)?.[mark];
  const installed = (): boolean => replaced() !== undefined;
  return {
    name: kernelName,
    reason,
    installed,
    install() {
      if (installed()) return;
      const stock = registeredKernel(kernelName, backendName);
      if (stock) unregisterKernel(kernelName, backendName);
      registerKernel({
        // Keeps the stock kernel's set-up, which must run again if the back end is ever started anew.
        ...stock,
        kernelName,
        backendName,
        kernelFunc: Object.assign(create(fallback(kernelName, backendName, stock)), {
          [mark]: { stock },
        }),
      });
    },
    remove() {
      const before = replaced();
      if (!before) return;
      unregisterKernel(kernelName, backendName);
      if (before.stock) registerKernel(before.stock);
    },
  };
}

/** What a kernel of ours stands in for. */
interface Replaced {
  readonly stock: KernelConfig | undefined;
}

type Marked = KernelFunc & Readonly<Record<symbol, Replaced | undefined>>;

function fallback(
  kernelName: string,
  backendName: string,
  stock: KernelConfig | undefined,
): (call: Parameters<KernelFunc>[0]) => TensorInfo | TensorInfo[] {
  return (call) => {
    if (!stock)
      throw new Error(
        `@tfloop/backend: the ${backendName} back end has no kernel ${kernelName} to fall back to`,
      );
    return stock.kernelFunc(call);
  };
}

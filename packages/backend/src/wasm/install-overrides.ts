import { registerKernel, unregisterKernel } from '@tensorflow/tfjs';
import type { KernelConfig, KernelFunc } from '@tensorflow/tfjs';
import type { WasmBackend } from './heap.ts';
import type { Kernel, Override } from './override.ts';
import { overrides } from './overrides.ts';
import { registeredKernel } from './registered-kernel.ts';

// Shared through the symbol registry, so that a second copy of this package sees the first one's kernels.
const mark = Symbol.for('@tfloop/backend:override');

/**
 * Registers our kernels on the WASM back end; the ones that are there already stay.
 * Call it after the back end has started, as stock kernels bind themselves to the WASM module then.
 */
export function installOverrides(): void {
  for (const override of overrides) {
    const stock = registeredKernel(override.kernelName);
    if (stock !== undefined && mark in stock.kernelFunc) continue;
    if (stock !== undefined) unregisterKernel(override.kernelName, 'wasm');
    registerKernel({
      // Keeps the stock kernel's set-up, which must run again if the back end is ever started anew.
      ...stock,
      kernelName: override.kernelName,
      backendName: 'wasm',
      kernelFunc: kernelFunc(override, stock),
    });
  }
}

/** Names of our kernels that are registered now, in alphabetical order. */
export function installedOverrides(): string[] {
  return overrides
    .map(({ kernelName }) => kernelName)
    .filter((kernelName) => {
      const kernel = registeredKernel(kernelName);
      return kernel !== undefined && mark in kernel.kernelFunc;
    })
    .sort();
}

function kernelFunc({ kernelName, create }: Override, stock: KernelConfig | undefined): KernelFunc {
  const fallback: Kernel = (call) => {
    const out = stock?.kernelFunc(call);
    if (out === undefined || Array.isArray(out)) {
      throw new Error(`@tfloop/backend: WASM has no kernel ${kernelName} to fall back to`);
    }
    return out;
  };
  const kernel = create(fallback);
  const run: KernelFunc = ({ inputs, attrs, backend }) =>
    kernel({ inputs, attrs: attrs ?? {}, backend: backend as WasmBackend });
  return Object.assign(run, { [mark]: true });
}

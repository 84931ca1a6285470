import type { TensorInfo } from '@tensorflow/tfjs';
import type { Override, Reason } from '../overrides/override.ts';
import { typedKernels, type TypedCall } from '../overrides/typed-kernel.ts';
import type { WasmBackend } from './heap.ts';

/** A call of a WASM kernel. */
export type KernelCall<Inputs, Attrs> = TypedCall<WasmBackend, Inputs, Attrs>;

const declare = typedKernels<WasmBackend>('wasm');

/** Declares an override of a WASM kernel, which finds its inputs in WASM memory. */
export function override<Inputs, Attrs>(
  kernelName: string,
  reason: Reason,
  kernel: (
    call: KernelCall<Inputs, Attrs>,
    stock: () => TensorInfo,
  ) => TensorInfo | readonly TensorInfo[],
): Override {
  return declare<Inputs, Attrs>(kernelName, reason, (call, stock) => {
    bring(call.backend, call.inputs as Readonly<Record<string, TensorInfo | null | undefined>>);
    return kernel(call, stock);
  });
}

/**
 * Has tfjs move tensors that are on another back end still. Done later, between two views, that could make the memory grow,
 * and the first view die.
 */
function bring(
  backend: WasmBackend,
  inputs: Readonly<Record<string, TensorInfo | null | undefined>>,
): void {
  for (const name in inputs) {
    const input = inputs[name];
    if (input) backend.getMemoryOffset(input.dataId);
  }
}

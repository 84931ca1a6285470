import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs';
import type { WasmBackend } from './heap.ts';

/** What tfjs hands to a kernel, with the inputs and attributes that this kernel declares. */
export interface KernelCall<Inputs, Attrs> {
  readonly inputs: Inputs;
  readonly attrs: Attrs;
  readonly backend: WasmBackend;
}

/** A kernel as the registry sees it. */
export type Kernel = (call: KernelCall<NamedTensorInfoMap, NamedAttrMap>) => TensorInfo;

/** Why an override exists: the stock back end has no such kernel, a slow one, or a wrong one. */
export type Reason = 'missing' | 'slow' | 'wrong';

/** One kernel of ours for the WASM back end. */
export interface Override {
  readonly kernelName: string;
  readonly reason: Reason;
  /** Makes the kernel; `stock` is the one it replaces. */
  readonly create: (stock: Kernel) => Kernel;
}

/**
 * Declares an override. `kernel` gets the call and `stock()`, which runs the replaced kernel on the same call.
 * The one place where tfjs's untyped inputs and attributes become typed.
 */
export function override<Inputs, Attrs>(
  kernelName: string,
  reason: Reason,
  kernel: (call: KernelCall<Inputs, Attrs>, stock: () => TensorInfo) => TensorInfo,
): Override {
  return {
    kernelName,
    reason,
    create: (stock) => (call) =>
      kernel(call as unknown as KernelCall<Inputs, Attrs>, () => stock(call)),
  };
}

import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs';
import { registeredKernel } from '../overrides/registered-kernel.ts';
import { release } from './heap.ts';
import type { WasmBackend } from './heap.ts';

/** Inputs of a kernel by name; kernels of many inputs (Concat, Pack) take a list. */
export type KernelInputs = Readonly<Record<string, TensorInfo>> | readonly TensorInfo[];

/** Runs one WASM kernel by name, below the engine: no tape, no scope, no Tensor objects. */
export type Run = (kernelName: string, inputs: KernelInputs, attrs?: NamedAttrMap) => TensorInfo;

/** Hands a tensor that no kernel made to the composition, which releases it. */
export type Adopt = (info: TensorInfo) => TensorInfo;

/**
 * Builds a kernel out of other kernels: everything that `run` made or `adopt` was given is released when `body` is left,
 * except what `body` returns. `body` must not return one of the caller's own tensors.
 */
export function compose(
  backend: WasmBackend,
  body: (run: Run, adopt: Adopt) => TensorInfo,
): TensorInfo {
  const made: TensorInfo[] = [];
  const adopt: Adopt = (info) => {
    made.push(info);
    return info;
  };
  const run: Run = (kernelName, inputs, attrs = {}) => {
    const kernel = registeredKernel(kernelName, 'wasm');
    if (kernel === undefined) throw new Error(`@tfloop/backend: WASM has no kernel ${kernelName}`);
    const out = kernel.kernelFunc({ inputs: inputs as NamedTensorInfoMap, attrs, backend });
    const info = Array.isArray(out) ? out[0] : out;
    if (info === undefined) throw new Error(`@tfloop/backend: ${kernelName} returned nothing`);
    return adopt(info);
  };
  let result: TensorInfo | undefined;
  try {
    result = body(run, adopt);
    return result;
  } finally {
    for (const info of made) if (info !== result) release(backend, info);
  }
}

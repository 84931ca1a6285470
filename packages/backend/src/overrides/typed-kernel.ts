import type { TensorInfo } from '@tensorflow/tfjs';
import { kernelOverride, type Layer } from './kernel-override.ts';
import type { Override, Reason } from './override.ts';

/** What tfjs hands to a kernel, with the inputs and attributes that this kernel declares. */
export interface TypedCall<Backend, Inputs, Attrs> {
  readonly inputs: Inputs;
  readonly attrs: Attrs;
  readonly backend: Backend;
}

/**
 * Declares overrides of the kernels of one back end. `kernel` gets the call and `stock()`, which runs the replaced
 * kernel on the same call. The one place where tfjs's untyped inputs and attributes become typed.
 */
export function typedKernels<Backend>(backendName: string, layer?: Layer) {
  return <Inputs, Attrs>(
    kernelName: string,
    reason: Reason,
    kernel: (
      call: TypedCall<Backend, Inputs, Attrs>,
      stock: () => TensorInfo,
    ) => TensorInfo | readonly TensorInfo[],
  ): Override =>
    kernelOverride(
      backendName,
      kernelName,
      reason,
      (stock) => (call) => {
        const typed = {
          inputs: call.inputs as unknown as Inputs,
          attrs: (call.attrs ?? {}) as unknown as Attrs,
          backend: call.backend as Backend,
        };
        const out = kernel(typed, () => single(stock(call)));
        return isList(out) ? [...out] : out;
      },
      layer,
    );
}

/** The only result of a kernel. */
function single(out: TensorInfo | TensorInfo[]): TensorInfo {
  const [first] = Array.isArray(out) ? out : [out];
  if (!first) throw new Error('@tfloop/backend: a kernel returned nothing');
  return first;
}

function isList(out: TensorInfo | readonly TensorInfo[]): out is readonly TensorInfo[] {
  return Array.isArray(out);
}

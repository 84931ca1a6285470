import type { TensorInfo } from '@tensorflow/tfjs';
import { BYTES, sizeOf } from '../heap.ts';
import type { WasmBackend } from '../heap.ts';
import { address, namedAddresses } from './address.ts';
import { inParts, partsOf } from './in-parts.ts';
import { produce } from './produce.ts';
import type { Address, SideArguments } from './side-kernels.ts';

/** Kernels that take numbers one by one. */
export type MapName = 'erf' | 'exp' | 'leakyRelu' | 'selu' | 'softplus' | 'tanh';

/** Kernels that take numbers of a gradient with those of what was saved for it. */
export type SlopeName =
  | 'eluGrad'
  | 'erfGrad'
  | 'leakyReluGrad'
  | 'relu6Grad'
  | 'reluGrad'
  | 'seluGrad'
  | 'sigmoidGrad'
  | 'softplusGrad'
  | 'tanhGrad';

/** What a kernel takes besides numbers, where they are and how many. */
type Rest<Name extends MapName | SlopeName> = Omit<
  SideArguments<Name>,
  'x' | 'y' | 'dy' | 'saved' | 'dx' | 'size'
>;

/** An exponential takes the time of about as many multiplications. */
const COST = 16;

/** The numbers of `x`, each by itself, through a kernel of the side module. */
export function map<Name extends MapName>(
  backend: WasmBackend,
  name: Name,
  x: TensorInfo,
  rest: Rest<Name>,
): TensorInfo {
  const from = address(backend, x);
  return elementwise(backend, name, x.shape, rest, (out, at) => ({ x: from + at, y: out + at }));
}

/** The gradient by what went in, from `dy` and what was saved, through a kernel of the side module. */
export function slope<Name extends SlopeName>(
  backend: WasmBackend,
  name: Name,
  inputs: { readonly dy: TensorInfo; readonly saved: TensorInfo },
  rest: Rest<Name>,
): TensorInfo {
  const { dy, saved } = namedAddresses(backend, inputs);
  return elementwise(backend, name, inputs.saved.shape, rest, (out, at) => ({
    dy: dy + at,
    saved: saved + at,
    dx: out + at,
  }));
}

/** Makes a tensor in parts, of which `places` says what is where, so many bytes after the beginning. */
function elementwise<Name extends MapName | SlopeName>(
  backend: WasmBackend,
  name: Name,
  shape: readonly number[],
  rest: Rest<Name>,
  places: (out: Address, at: number) => Readonly<Record<string, Address>>,
): TensorInfo {
  const size = sizeOf(shape);
  const [made] = produce(backend, [shape], [], ([out]) => {
    inParts(backend, name, size, partsOf(backend, size, COST * size), (from, to) => {
      const args: unknown = { size: to - from, ...rest, ...places(out, BYTES * from) };
      return args as SideArguments<Name>;
    });
  });
  return made;
}

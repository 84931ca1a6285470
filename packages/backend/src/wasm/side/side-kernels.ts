import { signatures } from './signatures.ts';

/** Where something is in WASM memory, in bytes. */
export type Address = number;

/** Name of a kernel that the side module has. */
export type SideKernelName = keyof typeof signatures;

type Words<Text extends string> = Text extends `${infer Word} ${infer Rest}`
  ? Word | Words<Rest>
  : Text;

/**
 * What a kernel takes, by name: addresses, 0 where there is none, and numbers. Where such an object is made with spreads,
 * they stand last: V8 takes 0.3 µs for it then, and 5 or more where properties are added to what was spread.
 */
export type SideArguments<Name extends SideKernelName> = {
  readonly [Argument in Words<(typeof signatures)[Name]>]: number;
};

/** The kernels of the side module; the C files in tools/side-module and src/kernels/shared say what each computes. */
export type SideKernels = {
  readonly [Name in SideKernelName]: (args: SideArguments<Name>) => void;
};

const names = Object.keys(signatures) as SideKernelName[];
const orders = new Map(names.map((name) => [name, signatures[name].split(' ')]));

/** Arguments in the order of the C side. */
export function inOrder<Name extends SideKernelName>(
  name: Name,
  args: SideArguments<Name>,
): number[] {
  const order = (orders.get(name) ?? []) as (keyof SideArguments<Name>)[];
  return order.map((argument) => args[argument]);
}

/** The kernels that an instance of the side module exports. */
export function kernelsOf(exports: WebAssembly.Exports): SideKernels {
  const kernels = names.map((name) => {
    const kernel = exports[name] as (...args: number[]) => void;
    return [name, (args: SideArguments<typeof name>) => kernel(...inOrder(name, args))];
  });
  return Object.fromEntries(kernels) as SideKernels;
}

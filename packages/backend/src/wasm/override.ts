import { typedKernels, type TypedCall } from '../overrides/typed-kernel.ts';
import type { WasmBackend } from './heap.ts';

/** A call of a WASM kernel. */
export type KernelCall<Inputs, Attrs> = TypedCall<WasmBackend, Inputs, Attrs>;

/** Declares an override of a WASM kernel. */
export const override = typedKernels<WasmBackend>('wasm');

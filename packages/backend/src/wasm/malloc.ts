import { backend } from '@tensorflow/tfjs';
import type { Override } from '../overrides/override.ts';

/** The allocator of the running WASM instance; it answers 0 where there is no memory. */
interface Allocator {
  _malloc: Malloc & { readonly [stock]?: Malloc };
  _free(address: number): void;
}

type Malloc = (bytes: number) => number;

// Shared through the symbol registry, so that a second copy of this package sees that the first one was here.
const stock = Symbol.for('@tfloop/backend:malloc');

/**
 * An allocation that fails is an error. tfjs takes the answer 0 for an address: kernels write over what lies there, and
 * some time later one traps.
 */
export const malloc: Override = {
  name: 'malloc',
  reason: 'wrong',
  installed: () => allocator()._malloc[stock] !== undefined,
  install() {
    const wasm = allocator();
    if (wasm._malloc[stock]) return;
    // Emscripten puts the real function in the place of its own stand-in at the first call.
    wasm._free(wasm._malloc(1));
    const real = wasm._malloc;
    const checked: Malloc = (bytes) => {
      const address = real(bytes);
      if (address === 0 && bytes > 0)
        throw new RangeError(
          `out of memory: WebAssembly can't give another ${(bytes / 2 ** 20).toFixed(1)} MiB`,
        );
      return address;
    };
    wasm._malloc = Object.assign(checked, { [stock]: real });
  },
  remove() {
    const wasm = allocator();
    wasm._malloc = wasm._malloc[stock] ?? wasm._malloc;
  },
};

function allocator(): Allocator {
  return (backend() as unknown as { readonly wasm: Allocator }).wasm;
}

import type { WasmBackend } from '../heap.ts';
import type { SideArguments, SideKernelName } from './side-kernels.ts';
import { sideKernels, sidePool } from './side-module.ts';

/** Multiplications, 0.4 ms of them, from which on a second thread gains more than waking it costs. */
export const WORTH = 8_000_000;

/**
 * Runs a kernel of the side module on all threads: `total` pieces of work, of which each call of `argsOf` covers those from
 * `from` on to before `to`. `part` numbers the calls, for scratch memory of their own: there are {@link partsOf} of them
 * at most.
 */
export function inParts<Name extends SideKernelName>(
  backend: WasmBackend,
  name: Name,
  total: number,
  parts: number,
  argsOf: (from: number, to: number, part: number) => SideArguments<Name>,
): void {
  const calls = Array.from({ length: parts }, (_, part) =>
    argsOf(Math.round((total * part) / parts), Math.round((total * (part + 1)) / parts), part),
  );
  const pool = sidePool(backend);
  if (pool && calls.length > 1) {
    pool.run(name, calls);
    return;
  }
  const kernel = sideKernels(backend)?.[name];
  for (const call of calls) kernel?.(call);
}

/** Into how many parts to take `total` pieces of work of so many multiplications in all. */
export function partsOf(backend: WasmBackend, total: number, multiplications: number): number {
  if (multiplications < WORTH) return 1;
  return Math.min(sidePool(backend)?.threads ?? 1, total);
}

/** Whether the side module runs on as many threads as XNNPACK does. */
export function hasAllThreads(backend: WasmBackend): boolean {
  return (sidePool(backend)?.threads ?? 1) >= backend.wasm.tfjs.getThreadsCount();
}

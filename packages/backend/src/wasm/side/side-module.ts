import type { WasmBackend } from '../heap.ts';
import { kernelsOf } from './side-kernels.ts';
import type { SideKernels } from './side-kernels.ts';
import { startSidePool, type SidePool } from './side-pool.ts';
import { plain, shared } from './side-module-bytes.ts';

/** The two kinds of memory that the back end may have; a module is made for one of them. */
type Kind = 'plain' | 'shared';

const bytes: Readonly<Record<Kind, string>> = { plain, shared };
const compiled = new Map<Kind, WebAssembly.Module>();

// On the instance of WASM that it belongs to, under a symbol of the registry, so that a second copy of this package sees
// what the first one has made.
const mark = Symbol.for('@tfloop/backend:side');

interface Marked {
  [mark]?: { readonly kernels: SideKernels; pool?: SidePool };
}

function hostOf({ wasm }: WasmBackend): Marked {
  return wasm as Marked;
}

/** Why there is no side module, in a phrase; undefined where there is one. */
export type Problem = string | undefined;

/**
 * Compiles the side module for a back end's memory, so that {@link sideKernels} has it from then on. Says why not where
 * that can't be: kernels in TypeScript stay then.
 */
export async function prepareSideModule(backend: WasmBackend): Promise<Problem> {
  const memory = memoryOf(backend);
  if (memory === undefined) return 'the memory of the WASM back end is out of reach';
  const kind = kindOf(memory);
  try {
    // Compiling is asynchronous, as browsers refuse it elsewhere; instances may then be made in passing.
    if (!compiled.has(kind)) compiled.set(kind, await WebAssembly.compile(decode(bytes[kind])));
    const kernels = sideKernels(backend);
    if (!kernels) return 'the side module did not start';
    await preparePool(backend, memory, kernels);
    return undefined;
  } catch (error) {
    compiled.delete(kind);
    return `WASM with SIMD does not work here (${error instanceof Error ? error.message : String(error)})`;
  }
}

/** The kernels of the side module on a back end's memory; undefined where none is prepared for such memory. */
export function sideKernels(backend: WasmBackend): SideKernels | undefined {
  const host = hostOf(backend);
  if (host[mark]) return host[mark].kernels;
  const memory = memoryOf(backend);
  const module = memory && compiled.get(kindOf(memory));
  if (!module) return undefined;
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = kernelsOf(exports);
  host[mark] = { kernels };
  return kernels;
}

/** Threads for the side module, as many as the back end has; undefined where that is one. */
export function sidePool(backend: WasmBackend): SidePool | undefined {
  return hostOf(backend)[mark]?.pool;
}

async function preparePool(
  backend: WasmBackend,
  memory: WebAssembly.Memory,
  kernels: SideKernels,
): Promise<void> {
  const threads = backend.wasm.tfjs.getThreadsCount();
  const module = compiled.get('shared');
  const side = hostOf(backend)[mark];
  if (threads === 1 || !module || !side || side.pool) return;
  let pool: SidePool;
  try {
    pool = await startSidePool(module, memory, kernels, threads - 1);
  } catch {
    // A page may forbid such threads; then kernels run on one, or on those of XNNPACK.
    return;
  }
  side.pool = pool;
  // They go with the back end, whose memory they hold.
  const dispose = backend.dispose.bind(backend);
  backend.dispose = () => {
    pool.close();
    delete side.pool;
    dispose();
  };
}

/** Emscripten keeps the memory among the exports, or beside them where threads share it; neither is in tfjs's types. */
function memoryOf({ wasm }: WasmBackend): WebAssembly.Memory | undefined {
  const { wasmMemory, asm } = wasm as {
    readonly wasmMemory?: unknown;
    readonly asm?: { readonly memory?: unknown };
  };
  return [wasmMemory, asm?.memory].find(isMemory);
}

function isMemory(value: unknown): value is WebAssembly.Memory {
  return nameOf(value) === 'WebAssembly.Memory';
}

function kindOf({ buffer }: WebAssembly.Memory): Kind {
  return nameOf(buffer) === 'SharedArrayBuffer' ? 'shared' : 'plain';
}

/** The name of a built-in class; `instanceof` knows those of its own realm alone, and tests run in another. */
function nameOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { WasmPaths } from '../activate.ts';

/** The npm packages that bind TensorFlow's C library. */
export type NativePackage = '@tensorflow/tfjs-node-gpu' | '@tensorflow/tfjs-node';

/** What loading the native packages came to: the one that loaded, or why each did not. */
export type NativeLoad =
  | { readonly packageName: NativePackage; readonly version: string }
  | { readonly problems: readonly string[]; readonly remedy: string };

/** WASM's compiled code with its memory, as tfjs's back end takes it. */
export type WasmModule = ConstructorParameters<typeof BackendWasm>[0];

/** What a host has to say to WASM's threads. */
export interface WasmThreads {
  /** Threads to start without a wish; undefined leaves it to tfjs. */
  readonly byDefault: number | undefined;
  /** Why there can't be more than one. */
  readonly problem?: string;
  /** Loads the build with threads where tfjs doesn't do that itself. */
  readonly load?: (threads: number, wasmPaths: WasmPaths | undefined) => Promise<WasmModule>;
}

/** Why something is not to be had: in a few words what is amiss, and what to do. */
export interface Refusal {
  readonly problem: string;
  readonly remedy: string;
}

/** The GPU that WebGPU computes on, with tfjs's back end for it registered, or why there is none. */
export type WebgpuOffer = { readonly adapter: GPUAdapter } | Refusal;

/** A thread beside the program's own. */
export interface Helper {
  /** Sends the first message, and waits until the thread answers. */
  readonly start: (message: unknown) => Promise<void>;
  readonly end: () => void;
}

/** What the two kinds of host do differently. */
export interface Platform {
  /** An environment variable, or undefined where there are none. */
  readonly env: (name: string) => string | undefined;
  /** Says one line where it disturbs no output. */
  readonly log: (line: string) => void;
  /** Threads that the machine runs at once. */
  readonly cores: () => number;
  /** Whether WASM may have threads, and how. */
  readonly wasmThreads: () => WasmThreads;
  /** Notes who listens for uncaught errors; what it returns takes away whom the start of WASM has added. */
  readonly noteListeners: () => () => void;
  /** Starts a thread that runs a function, given as text, on the first message and a callback for when it is ready. */
  readonly spawn: (source: string) => Helper;
  /**
   * Loads the first native package that is installed and works, with so many threads where it is not loaded yet; loading
   * registers its back end with tfjs.
   */
  readonly loadNative: (threads: number | undefined) => NativeLoad;
  /** Loads our kernels in C for the native package that computes; says why not where they can't be had. */
  readonly loadKernels: () => string | undefined;
  /** Finds a GPU through WebGPU, which Node gets from the npm package `webgpu`. */
  readonly offerWebgpu: () => Promise<WebgpuOffer>;
}

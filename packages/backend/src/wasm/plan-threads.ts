import { env, findBackendFactory } from '@tensorflow/tfjs';
import { platform } from '#platform';
import type { WasmPaths } from '../activate.ts';
import { messageOf } from '../message-of.ts';
import type { EngineFactory } from '../restart-engine.ts';

/** The module of the WASM back end. */
export type Wasm = typeof import('@tensorflow/tfjs-backend-wasm');

/** How WASM is going to be started. */
export interface ThreadPlan {
  readonly factory: EngineFactory;
  /** Threads to be started; undefined where tfjs decides. */
  readonly threads: number | undefined;
  /** Why there will be one thread where more were asked for. */
  readonly note?: string;
}

/** How tfjs itself starts WASM; kept, as ours takes its place. */
let ofTfjs: EngineFactory | undefined;

/**
 * Finds the way to start WASM with `threads` threads: tfjs's own, except for more than one in Node. Without a number it is
 * the host's default.
 */
export async function planThreads(
  wasm: Wasm,
  wasmPaths: WasmPaths | undefined,
  threads: number | undefined,
): Promise<ThreadPlan> {
  const factory = (ofTfjs ??= findBackendFactory('wasm'));
  const offer = platform.wasmThreads();
  const wanted = threads ?? offer.byDefault;
  // tfjs starts as many as it thinks best.
  if (wanted === undefined) return { factory, threads: undefined };
  if (wanted > 1 && offer.problem !== undefined) {
    return { factory, threads: 1, note: `1 thread instead of ${wanted}, as ${offer.problem}` };
  }
  wasm.setThreadsCount(wanted);
  if (offer.load === undefined) {
    if (offer.problem === undefined) env().set('WASM_HAS_MULTITHREAD_SUPPORT', wanted > 1);
    return { factory, threads: wanted };
  }
  if (wanted === 1) return { factory, threads: 1 };
  try {
    const module = await offer.load(wanted, wasmPaths);
    return { factory: () => new wasm.BackendWasm(module), threads: wanted };
  } catch (error) {
    return { factory, threads: 1, note: `1 thread instead of ${wanted}, as ${messageOf(error)}` };
  }
}
